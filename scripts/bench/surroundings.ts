import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { AsyncDisposableStack } from '#ground/async-disposable-stack.ts';
import { ActionableError } from '#ground/errors.ts';
import { cacheDirectory, programVersion } from '#packaging/assets.ts';
import { findNatsServer, type NatsServerProgram } from '#packaging/nats-server-program.ts';

/** What every measurement is given. */
export interface Surroundings {
  readonly project: string;
  /** The executable that is measured; Node runs it. */
  readonly executable: string;
  readonly version: string;
  readonly natsServer: NatsServerProgram;
  /** Gone when the run ends. */
  readonly scratch: string;
  readonly signal: AbortSignal;
}

const project = resolve(import.meta.dirname, '..', '..');

/** @throws ActionableError when there is no executable, or no nats-server for it */
export async function openSurroundings(scope: AsyncDisposableStack, signal: AbortSignal): Promise<Surroundings> {
  const executable = join(project, 'dist', 'localpaas.cjs');
  if (!existsSync(executable)) {
    throw new ActionableError('PROGRAM_NOT_FOUND', `There is no ${executable}.`, 'Build it with `npm run build`.');
  }
  const natsServer = await findNatsServer({ env: process.env, cacheDir: cacheDirectory() });
  const scratch = scope.adopt(await mkdtemp(join(tmpdir(), 'localpaas-scripts-')), (path) =>
    rm(path, { recursive: true, force: true, maxRetries: 5 }),
  );
  return { project, executable, version: programVersion(), natsServer, scratch, signal };
}

/**
 * An environment as a login gives it, and no more. Above all without NODE_EXTRA_CA_CERTS, which costs Node 20 about
 * 40 ms of each start, and without NODE_OPTIONS.
 */
export function environmentIn(home: string, { natsServer }: Surroundings): Record<string, string> {
  const { PATH = '', USER = 'user', LANG = 'C.UTF-8' } = process.env;
  return { PATH, USER, LANG, HOME: home, LOCALPAAS_HOME: home, LOCALPAAS_NATS_SERVER: natsServer.path };
}
