import { existsSync } from 'node:fs';
import { stateOfStopped } from '#assembly/backup/stopped-home.ts';
import { finishSwitch, hasState } from '#assembly/backup/switch-state.ts';
import type { BackupSource } from '#assembly/backup/take-backup.ts';
import { type Home, homeOf, readPlatformRecord } from '#assembly/home.ts';
import { type DesiredState, readAccount, readState } from '#components/cloud-controller/index.ts';
import type { AsyncDisposableStack } from '#ground/async-disposable-stack.ts';
import { ActionableError } from '#ground/errors.ts';
import { lockDirectory } from '#ground/lock.ts';
import { isAlive } from '#ground/processes.ts';
import { cacheDirectory } from '#packaging/assets.ts';
import { findNatsServer } from '#packaging/nats-server-program.ts';
import { ApiClient } from '../api-client.ts';
import { isNotFound } from '../api-refusal.ts';
import type { Cli } from '../cli.ts';

/** Answers may be large. */
const idleMs = 120_000;

/** The platform of this home, whether it runs or not. One that does not run cannot be started until `scope` ends. */
export async function backupSource(cli: Cli, scope: AsyncDisposableStack): Promise<BackupSource> {
  const home = homeOf(cli.home, cli.env);
  const platform = await readPlatformRecord(home);
  const isRunning = platform !== undefined && (await isAlive(platform));
  const stateNow = isRunning ? await stateOfRunning(cli) : await stateAtRest(cli, home, scope);
  const dataDir = home.directoryOf('cloud-controller');
  return { ...stateNow, dataDir, account: await readAccount(dataDir) };
}

type StateNow = Pick<BackupSource, 'state' | 'domain'>;

async function stateOfRunning(cli: Cli): Promise<StateNow> {
  const api = await ApiClient.open(cli);
  const state = async (): Promise<DesiredState> => {
    const path = '/localpaas/v1/desired-state';
    const answer = await api.exchange(path, { idleMs }).catch((error: unknown) => {
      throw isNotFound(error) ? tooOld(api.platform.version, error) : error;
    });
    const read = readState(await answer.text());
    if (!('reason' in read)) return read;
    throw new ActionableError(
      'DAMAGED',
      `The platform's desired state cannot be taken over: ${read.reason}.`,
      'Please report this; `localpaas curl /localpaas/v1/desired-state` shows the state.',
    );
  };
  return { state, domain: api.platform.domain };
}

async function stateAtRest(cli: Cli, home: Home, scope: AsyncDisposableStack): Promise<StateNow> {
  if (!existsSync(home.path)) throw neverStarted(home);
  scope.use(await takeHome(home));
  await finishSwitch(home);
  if (!hasState(home)) throw neverStarted(home);
  const program = findNatsServer({ env: cli.env, cacheDir: cacheDirectory() }).then(({ path }) => path);
  program.catch(() => {}); // heard of when it is used
  const { state, doubt } = await stateOfStopped(home, program, cli.signal);
  if (doubt !== undefined) {
    cli.progress.warn(
      `The message bus's store could not be read (${doubt}). The backup is made from the copy beside it, which may lack what was changed in the last second before the platform stopped.`,
    );
  }
  const domain = (await readPlatformRecord(home))?.domain ?? state.route.at(-1)?.domain ?? 'localhost';
  return { state: () => Promise.resolve(state), domain };
}

async function takeHome(home: Home): Promise<AsyncDisposable> {
  const lock = await lockDirectory(home.path);
  if (lock !== undefined) return lock;
  throw new ActionableError(
    'ALREADY_RUNNING',
    `The platform of ${home.path} is just starting or stopping, or another backup or restore is at work.`,
    'Try again in a moment.',
  );
}

function neverStarted(home: Home): ActionableError {
  return new ActionableError(
    'NOT_FOUND',
    `There is nothing to back up: no localpaas was ever started with the home ${home.path}.`,
    'Name another home with `--home DIR` or LOCALPAAS_HOME.',
  );
}

function tooOld(version: string, cause: unknown): ActionableError {
  return new ActionableError(
    'API_REFUSED',
    `The platform that runs is localpaas ${version}, which cannot tell its whole state.`,
    'Stop it with `localpaas down --keep-apps`, make the backup, and start it again.',
    { cause },
  );
}
