import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type DesiredState, placedState, storedState, writtenState } from '#components/cloud-controller/index.ts';
import { startNatsServer } from '#components/nats-server/index.ts';
import { AsyncDisposableStack } from '#ground/async-disposable-stack.ts';
import { Bus } from '#ground/bus.ts';
import { ActionableError, messageOf } from '#ground/errors.ts';
import { silentLog } from '#ground/log.ts';
import type { Home } from '../home.ts';

export interface StoppedState {
  readonly state: DesiredState;
  /** Why it may lack what was changed in the last second before the platform was killed; `undefined` when it does not. */
  readonly doubt: string | undefined;
}

/**
 * The desired state of a platform that does not run, out of its message bus's store, or else out of the copy beside it,
 * which is up to a second older when the platform was killed. Nothing in the home is changed: the store is read from a
 * copy, so the home may be on a disk that takes no writes any more.
 * @param natsServer path of the program; rejects when there is none
 * @throws ActionableError NOT_FOUND when no platform was ever started there
 */
export async function stateOfStopped(
  home: Home,
  natsServer: Promise<string>,
  signal: AbortSignal,
): Promise<StoppedState> {
  const dataDir = home.directoryOf('cloud-controller');
  const placed = await placedState(dataDir);
  if (placed !== undefined) return { state: placed, doubt: undefined };
  let doubt: string | undefined;
  try {
    const stored = await readStore(home, await natsServer, signal);
    if (stored !== undefined) return { state: stored, doubt };
  } catch (error) {
    signal.throwIfAborted();
    doubt = messageOf(error);
  }
  const state = await writtenState(dataDir);
  if (state !== undefined) return { state, doubt };
  throw new ActionableError(
    'NOT_FOUND',
    doubt === undefined
      ? `No localpaas was ever started with the home ${home.path}.`
      : `What the platform of ${home.path} stored cannot be read: ${doubt}.`,
    'Name another home with `--home DIR` or LOCALPAAS_HOME.',
  );
}

async function readStore(home: Home, program: string, signal: AbortSignal): Promise<DesiredState | undefined> {
  const from = join(home.directoryOf('nats-server'), 'store');
  if (!existsSync(from)) return undefined;
  await using undo = new AsyncDisposableStack();
  const scratch = undo.adopt(await mkdtemp(join(tmpdir(), 'localpaas-backup-')), (path) =>
    rm(path, { recursive: true, force: true }),
  );
  await cp(from, join(scratch, 'store'), { recursive: true });
  const credentials = { user: 'backup', password: randomBytes(24).toString('base64url') };
  const context = { log: silentLog, dataDir: scratch, signal };
  const server = undo.use(
    await startNatsServer(context, {
      program,
      host: '127.0.0.1',
      port: 0,
      credentials,
      startLimitMs: 30_000,
      maxFailedRestarts: 1,
    }),
  );
  const bus = undo.use(await Bus.connect(server.address, 'localpaas-backup', silentLog));
  return await storedState(bus, home.directoryOf('cloud-controller'), silentLog);
}
