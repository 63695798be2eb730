import * as v from 'valibot';
import { homeOf, openHome } from '#assembly/home.ts';
import { openLogFile } from '#assembly/log-file.ts';
import { PlatformSettings } from '#assembly/settings.ts';
import { AsyncDisposableStack } from '#ground/async-disposable-stack.ts';
import { damageIn, reportDamage } from '#ground/damage.ts';
import { secondsOf } from '#ground/durations.ts';
import { ActionableError } from '#ground/errors.ts';
import { createLog, type Log } from '#ground/log.ts';
import { reasonOf } from '#ground/reason-of.ts';
import { cacheDirectory } from '#packaging/assets.ts';
import { programVersion } from '#packaging/installation.ts';
import { findNatsServer } from '#packaging/nats-server-program.ts';
import type { NatsServerProgram } from '#packaging/nats-server-version.ts';
import type { IsolationSettings } from '#workload/sandbox/settings.ts';
import type { Cli } from '../cli.ts';
import { isolationSettings } from '../isolation-settings.ts';
import { type Inheritance, takeInheritance } from '../up/inheritance.ts';
import { Orders } from '../up/orders.ts';
import { readableLine } from '../up/readable-log.ts';
import { runPlatform } from '../up/run-platform.ts';
import type { UpInput } from '../up/session.ts';
import { tellDamage } from '../up/tell-damage.ts';

/** Brings the platform up and stays until it is asked to stop. */
export async function run(cli: Cli, input: UpInput): Promise<number> {
  const startedAt = performance.now();
  await using undo = new AsyncDisposableStack();
  const inheritance = takeInheritance(process.env);
  const home = homeOf(input.home ?? cli.home, cli.env);
  const settings = settingsOf(input, inheritance, isolationSettings(cli.env, input));
  const orders = undo.use(new Orders(home, cli.signal));
  const whileUnpacking = () => import('#assembly/components.ts');
  const findProgram = () => findNatsServer({ env: cli.env, cacheDir: cacheDirectory(), whileUnpacking });
  // Unpacking one takes as long as preparing the home.
  const finding = findProgram();
  finding.then(
    ({ version, origin, path }) => input.json || cli.progress.line(`nats-server ${version} · ${origin} · ${path}`),
    () => {}, // told by whoever asks for it
  );
  const damages = await openHome(home);
  const log = openLog(cli, home.logFile, input, undo);
  for (const damage of damages) reportDamage(log, damage);
  const version = programVersion();
  let found: Promise<NatsServerProgram> | undefined = finding;
  const natsServer = async () => {
    const program = found ?? findProgram();
    found = undefined;
    return (await program).path;
  };
  // Awaited here: what this function opened serves until then.
  return await runPlatform({ cli, input, home, settings, inheritance, orders, log, natsServer, version, startedAt });
}

/** Of a socket that we were given, address and port are what they are. */
function settingsOf(input: UpInput, { socket }: Inheritance, isolation: IsolationSettings): PlatformSettings {
  const given = {
    port: socket?.port ?? input.port,
    busPort: input.busPort,
    listen: socket?.host ?? input.listen,
    domain: input.domain,
    idleStopSeconds: input.idleStop === undefined ? undefined : secondsOf(input.idleStop),
    openBus: input.openBus,
    ...isolation,
  };
  const settings = v.safeParse(PlatformSettings, given);
  if (settings.success) return settings.output;
  throw new ActionableError('USAGE', `${reasonOf(settings.issues)}.`, '`localpaas help up` shows what it takes.');
}

function openLog(cli: Cli, path: string, input: UpInput, undo: AsyncDisposableStack): Log {
  const file = undo.use(openLogFile(path));
  return createLog((entry) => {
    file.write(entry);
    const damage = damageIn(entry);
    if (damage !== undefined) return tellDamage(cli, damage, input.json);
    if (entry.level === 'debug' || (entry.level === 'info' && !input.verbose)) return;
    cli.progress.line(readableLine(entry, cli.progress.style));
  });
}
