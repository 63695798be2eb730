import { homeOf } from '#assembly/home.ts';
import { portOf } from '../addresses.ts';
import type { Cli } from '../cli.ts';
import { checkDisk, checkHome } from '../doctor/check-home.ts';
import { checkNames, checkNode, checkProxy, checkSystem, isolationLevel } from '../doctor/check-machine.ts';
import { checkPort, runningPlatform } from '../doctor/check-ports.ts';
import { checkNatsServer, checkRuntimes } from '../doctor/check-programs.ts';
import { checkStaging } from '../doctor/check-staging.ts';
import type { Finding } from '../doctor/finding.ts';

interface Input {
  readonly port: number | undefined;
  readonly json: boolean;
}

const usualPort = 8080;
const usualBusPort = 4222;

/** @returns 4 when something is missing without which `up` cannot run */
export async function run(cli: Cli, { port, json }: Input): Promise<number> {
  const checks = await findingsOf(cli, port);
  const problems = checks.filter(({ result }) => result === 'problem').length;
  if (json) cli.out.json({ home: cli.home, checks });
  else print(cli, checks, problems);
  return problems === 0 ? 0 : 4;
}

async function findingsOf(cli: Cli, wanted: number | undefined): Promise<Finding[]> {
  const home = homeOf(cli.home, {}).path;
  const platform = await runningPlatform(home);
  const domain = platform?.domain ?? 'localhost';
  const port = wanted ?? Number(platform === undefined ? usualPort : portOf(platform.url));
  const busPort = platform === undefined ? usualBusPort : Number(portOf(platform.bus));
  const found = await Promise.all([
    checkSystem(),
    checkNode(process.versions.node),
    checkNatsServer(cli.env),
    checkHome(home),
    checkDisk(home),
    checkPort('router', port, platform),
    checkPort('bus', busPort, platform),
    checkNames(domain),
    checkProxy(cli.env, domain),
    checkRuntimes(cli.env),
    isolationLevel(),
    checkStaging(),
  ]);
  return found.flat();
}

function print(cli: Cli, checks: readonly Finding[], problems: number): void {
  const { green, yellow, red, dim } = cli.out.style;
  const marks = { ok: green('ok     '), warning: yellow('warning'), problem: red('problem') };
  const widest = Math.max(...checks.map(({ check }) => check.length));
  for (const { check, result, found, remedy } of checks) {
    cli.out.line(`${marks[result]}  ${check.padEnd(widest)}  ${found}`);
    if (remedy !== null) cli.out.line(`${' '.repeat(widest + 11)}${dim(remedy)}`);
  }
  cli.out.line();
  cli.out.line(
    problems === 0
      ? 'localpaas can run here.'
      : `localpaas cannot run here: ${problems} ${problems === 1 ? 'problem' : 'problems'}.`,
  );
}
