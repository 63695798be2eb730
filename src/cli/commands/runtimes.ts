import { homedir } from 'node:os';
import * as v from 'valibot';
import { type FoundRuntime, RuntimesOfDea } from '#contract/runtimes.ts';
import { ActionableError } from '#ground/errors.ts';
import { absoluteIn } from '#ground/programs.ts';
import { ownNode } from '#packaging/own-node.ts';
import { managerVariablesOf, RuntimeTable } from '#workload/runtimes/index.ts';
import { configuredDirectories, usualDirectories } from '#workload/runtimes/programs.ts';
import { ApiClient } from '../api-client.ts';
import type { Cli } from '../cli.ts';

const Answer = v.looseObject({ deas: v.array(RuntimesOfDea) });

/** What apps can run with, on the machines of the platform; without one, on this machine. */
export async function run(cli: Cli, { json }: { readonly json: boolean }): Promise<void> {
  const deas = await askPlatform(cli);
  const tables = deas ?? [{ dea: null, runtimes: await lookHere(cli) }];
  if (json) return cli.out.json({ running: deas !== undefined, deas: tables });
  if (deas === undefined) cli.progress.line('No localpaas runs: this is what this machine has for one.');
  if (tables.length === 0) return cli.out.line('No DEA answers: `localpaas up` and `localpaas dea` start one.');
  for (const [at, { dea, runtimes }] of tables.entries()) {
    if (at > 0) cli.out.line();
    if (tables.length > 1) cli.out.line(`DEA ${dea}`);
    print(cli, runtimes);
  }
}

/** @returns undefined when no platform runs */
async function askPlatform(cli: Cli): Promise<readonly RuntimesOfDea[] | undefined> {
  try {
    const api = await ApiClient.open(cli);
    return (await api.get('/localpaas/v1/runtimes', Answer)).deas;
  } catch (error) {
    if (error instanceof ActionableError && error.code === 'NOBODY_ANSWERED') return undefined;
    throw error;
  }
}

function lookHere({ env }: Cli): Promise<FoundRuntime[]> {
  const table = new RuntimeTable({
    runtimeDirectories: configuredDirectories(env),
    path: absoluteIn(env['PATH'] ?? '').join(':'),
    userHome: env['HOME'] ?? homedir(),
    programDirectories: usualDirectories,
    nodeProgram: ownNode(env) ?? '',
    managerVariables: managerVariablesOf(env),
  });
  return table.all();
}

function print(cli: Cli, runtimes: readonly FoundRuntime[]): void {
  if (runtimes.length === 0) {
    cli.out.line('Nothing is there to run apps with; programs run all the same.');
    return;
  }
  cli.out.table(
    ['name', 'version', 'arch', 'from', 'default', 'path'],
    runtimes.map(({ name, version, architecture, origin, is_default: isDefault, path }) => {
      return [name, version ?? 'does not run', architecture ?? 'script', origin, isDefault ? 'yes' : '', path];
    }),
  );
}
