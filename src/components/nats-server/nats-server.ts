import { join } from 'node:path';
import type { BusAddress } from '#ground/bus.ts';
import { signalProcess } from '#ground/child.ts';
import type { Running } from '#ground/component.ts';
import { messageOf } from '#ground/errors.ts';
import { ensureDirectory, readIfThere, replaceFile } from '#ground/files.ts';
import type { Log } from '#ground/log.ts';
import { identityOf, isAlive, type ProcessIdentity } from '#ground/processes.ts';
import { sleep, waitFor } from '#ground/wait.ts';
import type { NatsServerOptions } from './options.ts';
import { type Launch, type Server, startServer } from './start-server.ts';

export interface RunningNatsServer extends Running {
  readonly address: BusAddress;
  /** Of the process that serves now; another one after a restart. */
  readonly pid: () => number;
}

export interface NatsServerContext {
  readonly log: Log;
  readonly dataDir: string;
  readonly signal: AbortSignal;
  /** Called when nobody has the store open any more, and the server is about to open it. */
  readonly beforeLaunch?: () => void;
  /** Told when the process was launched: from then on it gets ready by itself, and we can do something else. */
  readonly onLaunched?: () => void;
}

/**
 * Keeps one nats-server running: when its process dies a new one takes over the same port and store, and clients
 * reconnect. It is not a `Component`, because a component needs the bus that this one makes.
 * `failure` rejects when it dies again and again without becoming ready.
 * @throws ActionableError PROGRAM_NOT_FOUND, PORT_TAKEN, START_FAILED
 */
export async function startNatsServer(
  { log, dataDir, signal, beforeLaunch, onLaunched }: NatsServerContext,
  options: NatsServerOptions,
): Promise<RunningNatsServer> {
  await ensureDirectory(dataDir);
  const pidFile = join(dataDir, 'process.json');
  await awaitPredecessor(pidFile, log);
  beforeLaunch?.();
  const launched = async (pid: number) => {
    onLaunched?.();
    await record(pid, pidFile);
  };
  let server = await startServer(options, dataDir, { signal, launched });
  log.info('nats-server is ready', { port: server.port, pid: server.child.pid });

  const stop = new AbortController();
  const fixed = { ...options, port: server.port };
  const supervise = async (): Promise<void> => {
    for (;;) {
      const exit = await server.child.exited;
      if (stop.signal.aborted) return;
      log.warn('nats-server ended', { code: exit.code, signal: exit.signal });
      await server[Symbol.asyncDispose]();
      server = await startAgain(fixed, dataDir, log, { signal: stop.signal, launched });
      log.info('nats-server is back', { port: server.port, pid: server.child.pid });
    }
  };
  const supervised = supervise();
  const failure = new Promise<never>((_, reject) => {
    supervised.catch((error: unknown) => {
      if (!stop.signal.aborted) reject(error);
    });
  });
  failure.catch(() => {}); // whoever waits for it hears of it; nobody has to
  const auth = options.credentials === null ? {} : options.credentials;
  return {
    address: { url: `nats://${options.host === '0.0.0.0' ? '127.0.0.1' : options.host}:${server.port}`, ...auth },
    pid: () => server.child.pid,
    failure,
    async [Symbol.asyncDispose](): Promise<void> {
      stop.abort(new Error('The bus stops.'));
      await server[Symbol.asyncDispose]();
      await supervised.catch(() => {});
    },
  };
}

async function startAgain(options: NatsServerOptions, dataDir: string, log: Log, launch: Launch): Promise<Server> {
  for (let failures = 0; ; failures += 1) {
    try {
      return await startServer(options, dataDir, launch);
    } catch (error) {
      if (launch.signal.aborted || failures + 1 >= options.maxFailedRestarts) throw error;
      log.warn('nats-server does not start', { error: messageOf(error), failures: failures + 1 });
      await sleep(100 * 2 ** failures, launch.signal);
    }
  }
}

/**
 * A server whose platform was killed a moment ago still holds the port and the store while it shuts down.
 * Two of them on one store would damage it.
 */
async function awaitPredecessor(pidFile: string, log: Log): Promise<void> {
  const text = await readIfThere(pidFile);
  if (text === undefined) return;
  const old = readIdentity(text);
  if (old === undefined || !(await isAlive(old))) return;
  log.info('waiting for the previous nats-server to end', { pid: old.pid });
  signalProcess(old.pid, 'SIGTERM');
  const gone = async () => ((await isAlive(old)) ? undefined : true);
  await waitFor('the previous nats-server to end', gone, { limitMs: 3_000 }).catch(async () => {
    signalProcess(old.pid, 'SIGKILL');
    await waitFor('the previous nats-server to be killed', gone, { limitMs: 3_000 });
  });
}

function readIdentity(text: string): ProcessIdentity | undefined {
  try {
    const { pid, startedAt } = JSON.parse(text) as Partial<ProcessIdentity>;
    return typeof pid === 'number' && typeof startedAt === 'string' ? { pid, startedAt } : undefined;
  } catch {
    return undefined; // cut short by a power cut: then its process is gone as well
  }
}

async function record(pid: number, pidFile: string): Promise<void> {
  const identity = await identityOf(pid);
  if (identity !== undefined) await replaceFile(pidFile, JSON.stringify(identity));
}
