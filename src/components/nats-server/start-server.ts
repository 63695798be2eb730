import { readdir, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { type Child, startChild } from '#ground/child.ts';
import { ActionableError } from '#ground/errors.ts';
import { ensureDirectory, readIfThere, writeFileDurably } from '#ground/files.ts';
import { holderOf } from '#ground/ports.ts';
import { waitFor } from '#ground/wait.ts';
import { configurationOf, type Places } from './configuration.ts';
import type { NatsServerOptions } from './options.ts';

/**
 * Becomes the server, and leaves behind a process that waits on a pipe whose other end only we hold. However we end,
 * SIGKILL included, the pipe closes and the server is told to stop.
 */
const boundToParent = '(read -r _ <&3; kill $$) 2>/dev/null & exec "$0" "$@" 3<&-';

/** A nats-server that accepts connections. Disposing it ends the process. */
export interface Server extends AsyncDisposable {
  readonly child: Child;
  readonly port: number;
}

export interface Launch {
  readonly signal: AbortSignal;
  /** Told the process id as soon as there is one. */
  readonly launched: (pid: number) => Promise<void>;
}

/** @throws ActionableError PROGRAM_NOT_FOUND, PORT_TAKEN, START_FAILED */
export async function startServer(
  options: NatsServerOptions,
  dataDir: string,
  { signal, launched }: Launch,
): Promise<Server> {
  const places: Places = {
    storeDir: join(dataDir, 'store'),
    logFile: join(dataDir, 'nats-server.log'),
    portsDir: await ensureDirectory(join(dataDir, 'ports')),
  };
  for (const stale of await readdir(places.portsDir))
    await rm(join(places.portsDir, stale), { recursive: true, force: true });
  const configuration = join(dataDir, 'nats-server.conf');
  const text = configurationOf(options, places);
  if ((await readIfThere(configuration)) !== text) await writeFileDurably(configuration, text);

  const child = await startChild({
    program: '/bin/sh',
    args: ['-c', boundToParent, options.program, '--config', configuration],
    env: { PATH: process.env['PATH'] ?? '/usr/bin:/bin' },
    stdio: ['ignore', 'ignore', options.logsToTerminal === true ? 'inherit' : 'ignore', 'pipe'],
  });
  try {
    const [port] = await Promise.all([portOf(child, options, places, signal), launched(child.pid)]);
    return { child, port, [Symbol.asyncDispose]: () => child[Symbol.asyncDispose]() };
  } catch (error) {
    await child[Symbol.asyncDispose]();
    throw error;
  }
}

async function portOf(child: Child, options: NatsServerOptions, places: Places, signal: AbortSignal): Promise<number> {
  const file = join(places.portsDir, `${basename(options.program)}_${child.pid}.ports`);
  let hasEnded = false;
  void child.exited.then(() => {
    hasEnded = true;
  });
  return await waitFor(
    'nats-server to accept connections',
    async () => {
      if (hasEnded) throw await explainExit(options, places);
      return portIn(await readIfThere(file));
    },
    { limitMs: options.startLimitMs, everyMs: 1, signal },
  );
}

/** The port in the file that the server writes when it listens: `{"nats":["nats://127.0.0.1:4222"], …}`. */
function portIn(text: string | undefined): number | undefined {
  const match = /"nats:\/\/[^"]*:(\d+)"/.exec(text ?? '');
  return match === null ? undefined : Number(match[1]);
}

async function explainExit(options: NatsServerOptions, { logFile }: Places): Promise<ActionableError> {
  const holder = options.port === 0 ? undefined : holderOf(options.port);
  if (holder !== undefined) {
    return new ActionableError(
      'PORT_TAKEN',
      `The message bus cannot listen on port ${options.port}: '${holder.command}' (pid ${holder.pid}) holds it.`,
      'Stop that program, or choose another with `--bus-port` (0 takes any free one).',
    );
  }
  if (options.logsToTerminal === true) {
    return new ActionableError('START_FAILED', 'nats-server ended while starting.', 'It said why, above.');
  }
  // Where a directory stands in its place, that is why the server ended: whoever mends files hears of it.
  const log = (await readIfThere(logFile)) ?? '';
  const reason =
    log
      .trim()
      .split('\n')
      .findLast((line) => /\[(FTL|ERR)\]/.test(line)) ?? log.trim().split('\n').at(-1);
  return new ActionableError(
    'START_FAILED',
    `nats-server ended while starting: ${reason || 'it said nothing'}.`,
    `Its whole log is in ${logFile}.`,
  );
}
