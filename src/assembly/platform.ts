import * as v from 'valibot';
import { startNatsServer } from '#components/nats-server/index.ts';
import { AsyncDisposableStack } from '#ground/async-disposable-stack.ts';
import type { Running } from '#ground/component.ts';
import { ActionableError } from '#ground/errors.ts';
import { replaceFile } from '#ground/files.ts';
import { lockDirectory } from '#ground/lock.ts';
import { identityOf } from '#ground/processes.ts';
import { busCredentials } from './bus-credentials.ts';
import { type Home, PlatformRecord, readPlatformRecord } from './home.ts';
import { logInCommandLine } from './login.ts';
import type { PlatformContext, PlatformSettings } from './settings.ts';

export interface RunningPlatform extends Running {
  readonly record: PlatformRecord;
}

/**
 * The whole platform in this process, with a message bus of its own, in a home that was opened. Resolves when apps can
 * be pushed.
 * @throws ActionableError ALREADY_RUNNING, PORT_TAKEN, START_FAILED; nothing is left running then
 */
export async function startPlatform(settings: PlatformSettings, context: PlatformContext): Promise<RunningPlatform> {
  const { home, signal, version } = context;
  await using undo = new AsyncDisposableStack();
  undo.use(await takeHome(home));

  const [server, components] = await startBusAndLoad(settings, context);
  undo.use(server);
  signal.throwIfAborted();

  const running = await components.startComponents(settings, server.address, context);
  undo.use(running);
  const url = `http://127.0.0.1:${running.port}`;
  await logInCommandLine(home, url);
  const record = await recordOf({
    url,
    domain: settings.domain,
    version,
    bus: server.address.url,
    natsServerPid: server.pid(),
  });
  await replaceFile(home.platformFile, `${JSON.stringify(record, null, 2)}\n`);

  const resources = undo.move();
  return {
    record,
    failure: Promise.race([server.failure, running.failure]),
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}

/**
 * Starts the message bus, and loads the components while its server gets ready: the one takes as long as the other.
 * Loading keeps this process busy, so the server is launched first.
 */
async function startBusAndLoad(settings: PlatformSettings, { home, log, signal, natsServer }: PlatformContext) {
  const dataDir = home.directoryOf('nats-server');
  const credentials = settings.openBus ? null : await busCredentials(dataDir);
  let launched: () => void = () => {};
  const launch = new Promise<void>((resolve) => {
    launched = resolve;
  });
  const starting = startNatsServer(
    { log: log.with({ component: 'nats-server' }), dataDir, signal, onLaunched: () => launched() },
    {
      program: natsServer,
      host: '127.0.0.1',
      port: settings.busPort,
      credentials,
      startLimitMs: 30_000,
      maxFailedRestarts: 5,
    },
  );
  starting.catch(() => launched());
  return bothOrNeither(
    starting,
    launch.then(() => import('./components.ts')),
  );
}

async function takeHome(home: Home): Promise<AsyncDisposable> {
  const lock = await lockDirectory(home.path);
  if (lock !== undefined) return lock;
  const holder = await readPlatformRecord(home);
  const where = holder === undefined ? '' : ` (pid ${holder.pid}, ${holder.url})`;
  throw new ActionableError(
    'ALREADY_RUNNING',
    `A localpaas with this home runs already${where}.`,
    `Use that one, stop it with \`localpaas down\`, or start another with \`--home DIR\` and other ports. The home is ${home.path}.`,
  );
}

async function recordOf(facts: Omit<PlatformRecord, 'pid' | 'startedAt'>): Promise<PlatformRecord> {
  const identity = await identityOf(process.pid);
  return v.parse(PlatformRecord, { pid: process.pid, startedAt: identity?.startedAt ?? '', ...facts });
}

/** Awaits both; when one fails the other is released before the failure is passed on. */
async function bothOrNeither<A extends AsyncDisposable, B>(first: Promise<A>, second: Promise<B>): Promise<[A, B]> {
  const [a, b] = await Promise.allSettled([first, second]);
  if (a.status === 'fulfilled' && b.status === 'fulfilled') return [a.value, b.value];
  if (a.status === 'fulfilled') await a.value[Symbol.asyncDispose]();
  throw a.status === 'rejected' ? a.reason : b.status === 'rejected' ? b.reason : new TypeError('unreachable');
}
