import * as v from 'valibot';
import { startNatsServer } from '#components/nats-server/index.ts';
import type { RunningRouter } from '#components/router/index.ts';
import { AsyncDisposableStack } from '#ground/async-disposable-stack.ts';
import { KeepAppsRunning, type Running } from '#ground/component.ts';
import { DamagedStore } from '#ground/damaged-store.ts';
import { ActionableError, systemCodeOf } from '#ground/errors.ts';
import { replaceFile } from '#ground/files.ts';
import { lockDirectory } from '#ground/lock.ts';
import { identityOf } from '#ground/processes.ts';
import { waitFor } from '#ground/wait.ts';
import { programFile } from '#packaging/program-file.ts';
import { finishSwitch } from './backup/switch-state.ts';
import { busCredentials } from './bus-credentials.ts';
import { type Home, PlatformRecord, readPlatformRecord, tidyHome } from './home.ts';
import { logInCommandLine } from './login.ts';
import { ServerFailed } from './mend/mender.ts';
import { mending } from './mend.ts';
import type { PlatformContext, PlatformSettings, Succession } from './settings.ts';
import { stopOf } from './start-all.ts';
import { StoreGuard } from './store-guard.ts';
import { urlOf } from './url-of.ts';

export interface RunningPlatform extends Running {
  readonly record: PlatformRecord;
  /** The router, as far as its clients are concerned. */
  readonly entrance: Pick<RunningRouter, 'host' | 'port' | 'descriptor' | 'leave' | 'release'>;
}

/**
 * The whole platform in this process, with a message bus of its own, in a home that was opened. Resolves when apps can
 * be pushed.
 * @throws ActionableError ALREADY_RUNNING, PORT_TAKEN, START_FAILED; nothing is left running then
 */
export async function startPlatform(settings: PlatformSettings, context: PlatformContext): Promise<RunningPlatform> {
  const { home, log, version } = context;
  await using undo = new AsyncDisposableStack();
  undo.use(context.succession === undefined ? await takeHome(home) : await awaitHome(context, context.succession));
  const guard = new StoreGuard(home.directoryOf('nats-server'));
  await mending(context, guard, () => tidyHome(home));
  if (await finishSwitch(home)) log.warn('interrupted restore finished', { home: home.path });

  const { server, running } = undo.use(await mending(context, guard, () => startParts(settings, context, guard)));
  guard.forget();
  const login = {
    directory: home.directoryOf('cloud-controller'),
    file: home.loginFile,
    url: urlOf(running),
  };
  await mending(context, guard, () => logInCommandLine(login, log));
  await running.open();
  const record = await recordOf({
    url: urlOf(running), // a successor has the address of its predecessor only now
    domain: settings.domain,
    version,
    bus: server.address.url,
    natsServerPid: server.pid(),
    program: programFile(),
  });
  await mending(context, guard, () => replaceFile(home.platformFile, `${JSON.stringify(record, null, 2)}\n`));

  const resources = undo.move();
  return {
    record,
    entrance: running,
    failure: Promise.race([server.failure, running.failure]),
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}

/** The message bus and all components; a start that fails leaves nothing behind but apps that ran before. */
async function startParts(settings: PlatformSettings, context: PlatformContext, guard: StoreGuard) {
  await using undo = new AsyncDisposableStack();
  const [server, components] = await startBusAndLoad(settings, context, guard);
  undo.use(server);
  context.signal.throwIfAborted();
  await guard.check();
  const stop = undo.use(stopOf(context.signal));
  const starting = components.startComponents(settings, server.address, { ...context, signal: stop.signal });
  const running = await Promise.race([starting, server.failure]).catch((error: unknown) => {
    // Without a server some would wait for ever; should they start after all, they end at once.
    stop.abort(new KeepAppsRunning());
    starting.then((late) => late[Symbol.asyncDispose]()).catch(() => {});
    throw error;
  });
  undo.use(running);
  const parts = undo.move();
  return { server, running, [Symbol.asyncDispose]: () => parts.disposeAsync() };
}

/**
 * Starts the message bus, and loads the components while its server gets ready: the one takes as long as the other.
 * Loading keeps this process busy, so the server is launched first.
 */
async function startBusAndLoad(
  settings: PlatformSettings,
  { home, log, signal, natsServer }: PlatformContext,
  guard: StoreGuard,
) {
  const dataDir = home.directoryOf('nats-server');
  const credentials = settings.openBus ? null : await busCredentials(dataDir, log);
  const program = await natsServer();
  let launched: () => void = () => {};
  const launch = new Promise<void>((resolve) => {
    launched = resolve;
  });
  const starting = startNatsServer(
    {
      log: log.with({ component: 'nats-server' }),
      dataDir,
      signal,
      beforeLaunch: () => guard.look(),
      onLaunched: () => launched(),
    },
    {
      program,
      host: '127.0.0.1',
      port: settings.busPort,
      credentials,
      startLimitMs: 30_000,
      maxFailedRestarts: 5,
    },
  );
  starting.catch(() => launched());
  return bothOrNeither(
    starting.catch((error: unknown) => {
      throw isAboutStore(error) ? new ServerFailed(error) : error;
    }),
    launch.then(() => import('./components.ts')),
  );
}

/** Where the server gives another reason, its store is not to blame. */
function isAboutStore(error: unknown): boolean {
  if (error instanceof DamagedStore) return false; // it is known which part
  if (error instanceof ActionableError) return error.code === 'START_FAILED';
  return error instanceof Error && systemCodeOf(error) === undefined;
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

/** As long as a stop may take that lets apps finish. */
const homeLimitMs = 60_000;

/** Takes the home when the platform that has it gives it up; everything that can be done before is done by then. */
async function awaitHome({ home, signal }: PlatformContext, { waiting, taken }: Succession): Promise<AsyncDisposable> {
  await import('./components.ts');
  await waiting();
  const take = () => lockDirectory(home.path);
  const lock = await waitFor(`the home ${home.path}`, take, { limitMs: homeLimitMs, everyMs: 2, signal });
  taken();
  return lock;
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
