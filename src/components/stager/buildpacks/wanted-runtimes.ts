import { dirname } from 'node:path';
import { absoluteIn } from '#ground/programs.ts';
import { ownNode, provideOwnNode } from '#packaging/own-node.ts';
import { type Constraint, managerVariablesOf, RuntimeTable, runtimesForApp, textOf } from '#workload/runtimes/index.ts';
import { configuredDirectories, usualDirectories } from '#workload/runtimes/programs.ts';

/** What building an app takes of the machine. */
export interface WantedRuntimes {
  /** The PATH for buildpacks: the versions the app asks for come first. */
  readonly path: string;
  /** One for each family, by the files of the app. */
  readonly asked: readonly Constraint[];
  /** What is built with other versions than the app asks for, as lines for its developer. */
  readonly remarks: readonly string[];
}

/** @param directory with the app @param env of this process */
export async function wantedRuntimes(
  directory: string,
  env: Readonly<Record<string, string | undefined>>,
): Promise<WantedRuntimes> {
  const path = env['PATH'] ?? '';
  const configured = configuredDirectories(env);
  const table = new RuntimeTable({
    runtimeDirectories: configured,
    path: absoluteIn(path).join(':'),
    userHome: env['HOME'],
    programDirectories: usualDirectories,
    nodeProgram: ownNode(env) ?? '',
    managerVariables: managerVariablesOf(env),
  });
  const { asked, inFront, refusals, taken } = await runtimesForApp(directory, table);
  const own = taken.find(({ origin }) => origin === 'localpaas');
  const ownProgram = own === undefined ? undefined : await provideOwnNode(own.path, env);
  const directories = inFront.map((each) => (ownProgram && each === own?.bin_directory ? dirname(ownProgram) : each));
  return {
    asked,
    path: [...directories, ...configured, path].join(':'),
    remarks: refusals.map((reason) => `The app ${reason}.`),
  };
}

/** What an app asks for of a family: what its buildpack says, with the place it has that from; else what its files say. */
export function constraintTextOf(
  runtime: { readonly name: string; readonly constraint: string } | undefined,
  asked: readonly Constraint[],
): string | undefined {
  const told = asked.find(({ family }) => family === runtime?.name);
  const said = runtime?.constraint.trim() ?? '';
  if (told === undefined) return said === '' ? undefined : said;
  return said === '' || said === told.constraint ? textOf(told) : said;
}
