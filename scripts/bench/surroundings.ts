import { existsSync } from 'node:fs';
import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';
import type { AsyncDisposableStack } from '#ground/async-disposable-stack.ts';
import { ActionableError } from '#ground/errors.ts';
import { cacheDirectory } from '#packaging/assets.ts';
import { CarriedFiles, openSource } from '#packaging/carried-files.ts';
import { programVersion } from '#packaging/installation.ts';
import { findNatsServer } from '#packaging/nats-server-program.ts';
import type { NatsServerProgram } from '#packaging/nats-server-version.ts';
import { turnIntoNode } from '#packaging/own-node.ts';

/** What every measurement is given. */
export interface Surroundings {
  readonly project: string;
  /** What runs the localpaas that is measured: a program and its first arguments. */
  readonly command: readonly [string, ...string[]];
  /** Whether it is one executable. */
  readonly isExecutable: boolean;
  /** The Node that the bare work is done with: the one that runs localpaas. */
  readonly node: string;
  readonly version: string;
  readonly natsServer: NatsServerProgram;
  /** Gone when the run ends. */
  readonly scratch: string;
  readonly signal: AbortSignal;
}

export const project = resolve(import.meta.dirname, '..', '..');

/** @throws ActionableError when there is no executable, or no nats-server for it */
export async function openSurroundings(
  scope: AsyncDisposableStack,
  signal: AbortSignal,
  program?: string,
): Promise<Surroundings> {
  const measured = program === undefined ? join(project, 'dist', 'localpaas.cjs') : resolve(program);
  if (!existsSync(measured)) {
    const remedy = `Make it with \`npm run ${program === undefined ? 'build' : 'package'}\`.`;
    throw new ActionableError('PROGRAM_NOT_FOUND', `There is no ${measured}.`, remedy);
  }
  const natsServer = await findNatsServer({ env: process.env, cacheDir: cacheDirectory() });
  const scratch = scope.adopt(await mkdtemp(join(tmpdir(), 'localpaas-scripts-')), (path) =>
    rm(path, { recursive: true, force: true, maxRetries: 5 }),
  );
  const common = { project, version: programVersion(), natsServer, scratch, signal };
  const node = process.execPath;
  if (program === undefined) return { ...common, command: [node, measured], isExecutable: false, node };
  return { ...common, command: [measured], isExecutable: true, node: await nodeOf(measured, scratch) };
}

/** The Node in an executable, as a program of its own. */
async function nodeOf(executable: string, scratch: string): Promise<string> {
  const node = join(scratch, 'node');
  await copyFile(executable, node);
  await turnIntoNode(node, new CarriedFiles(openSource(executable)));
  return node;
}

/**
 * An environment as a login gives it, and no more. Above all without NODE_EXTRA_CA_CERTS, which costs Node 20 about
 * 40 ms of each start, and without NODE_OPTIONS.
 */
export function environmentIn(home: string, surroundings: Surroundings): Record<string, string> {
  const { PATH = '', USER = 'user', LANG = 'C.UTF-8' } = process.env;
  const { isExecutable, natsServer, scratch } = surroundings;
  const programs = isExecutable
    ? { LOCALPAAS_CACHE: join(scratch, 'cache') }
    : { LOCALPAAS_NATS_SERVER: natsServer.path };
  return { PATH, USER, LANG, HOME: home, LOCALPAAS_HOME: home, ...programs };
}

/** That of programs to compare with: they run on the Node that runs localpaas, and so do the apps they start. */
export function peerEnvironment(surroundings: Surroundings): Record<string, string> {
  const { PATH = '', ...env } = environmentIn(surroundings.scratch, surroundings);
  return { ...env, PATH: `${dirname(surroundings.node)}${delimiter}${PATH}` };
}
