import { mkdir } from 'node:fs/promises';
import * as v from 'valibot';
import { signalProcess, startChild } from '#ground/child.ts';
import { environmentVariableOf, processTable } from '#ground/processes.ts';
import { waitFor } from '#ground/wait.ts';
import { type Ran, runProgram, succeeded } from './run-program.ts';
import { environmentIn, type Surroundings } from './surroundings.ts';

const Ready = v.looseObject({
  event: v.literal('ready'),
  pid: v.number(),
  url: v.string(),
  domain: v.string(),
  natsServerPid: v.number(),
});

/** A running platform. Disposing it stops it with its apps. */
export interface Localpaas extends AsyncDisposable {
  readonly home: string;
  readonly pid: number;
  readonly natsServerPid: number;
  readonly url: string;
  readonly port: number;
  /** When `up` was started, and when its ready event was here; by `performance.now()`. */
  readonly startedAt: number;
  readonly readyAt: number;
  /** Resolves when the process of the platform has ended, however that came. */
  readonly exited: Promise<unknown>;
  hostOf(app: string): string;
  /** A command of it, for `startChild`. */
  commandOf(args: readonly string[]): { program: string; args: string[]; env: Record<string, string> };
  run(args: readonly string[], limitMs?: number): Promise<Ran>;
  /** @throws Error unless it succeeds */
  ok(...args: readonly string[]): Promise<Ran>;
}

export interface UpOptions {
  /** An existing home or a new one. */
  readonly home: string;
  /** 0 takes any. */
  readonly port?: number;
  /** Beside the usual environment, or instead of it. */
  readonly env?: Readonly<Record<string, string>>;
  /** Called when the process was started. */
  readonly onStarted?: (startedAt: number) => void;
}

/** Runs `localpaas up` until it is ready. */
export async function startLocalpaas(surroundings: Surroundings, options: UpOptions): Promise<Localpaas> {
  const { home, port = 0, onStarted } = options;
  const { command, signal } = surroundings;
  const [program, ...first] = command;
  await mkdir(home, { recursive: true });
  const env = { ...environmentIn(home, surroundings), ...options.env };
  const startedAt = performance.now();
  const child = await startChild({
    program,
    args: [...first, 'up', '--json', '--port', String(port), '--bus-port', '0'],
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
    graceMs: 30_000,
  });
  onStarted?.(startedAt);
  const stop = async () => {
    await child[Symbol.asyncDispose]();
    const strays = await endStrays(home);
    if (strays > 0) throw new Error(`The platform of ${home} left ${strays} processes behind, which were killed.`);
  };
  try {
    const { ready, readyAt } = await readyOf(child, signal);
    const routerPort = Number(new URL(ready.url).port);
    const commandOf = (args: readonly string[]) => ({ program, args: [...first, ...args], env });
    const run = (args: readonly string[], limitMs = 60_000) =>
      runProgram({ ...commandOf(args), limitMs }, surroundings);
    return {
      home,
      pid: ready.pid,
      natsServerPid: ready.natsServerPid,
      url: ready.url,
      port: routerPort,
      startedAt,
      readyAt,
      exited: child.exited,
      hostOf: (app) => `${app}.${ready.domain}:${routerPort}`,
      commandOf,
      run,
      ok: async (...args) => succeeded(`localpaas ${args.join(' ')}`, await run(args)),
      [Symbol.asyncDispose]: stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** What a child that runs `up --json` says when it is ready. @throws Error when it ends before */
export async function readyOf(child: Awaited<ReturnType<typeof startChild>>, signal: AbortSignal) {
  let out = '';
  let err = '';
  let readyAt = 0;
  child.stdout?.setEncoding('utf8').on('data', (chunk) => {
    out += chunk;
    readyAt = performance.now();
  });
  child.stderr?.setEncoding('utf8').on('data', (chunk) => {
    err += chunk;
  });
  let hasEnded = false;
  void child.exited.then(() => {
    hasEnded = true;
  });
  const isReady = () => {
    const event = readyEventIn(out);
    if (event !== undefined) return v.parse(Ready, event);
    if (hasEnded) throw new Error(`'localpaas up' ended before it was ready:\n${err}`.trim());
    return undefined;
  };
  const ready = await waitFor('localpaas up to be ready', isReady, { limitMs: 60_000, everyMs: 1, signal });
  return { ready, readyAt };
}

/** Among the events, one on each line; the last may not have come as a whole yet. */
function readyEventIn(text: string): unknown {
  const line = text.split('\n').find((each) => each.startsWith('{"event":"ready"') && each.endsWith('}'));
  return line === undefined ? undefined : JSON.parse(line);
}

/** Ends whatever a platform left running: the home of an app lies below that of its platform. @returns how many */
export async function endStrays(home: string): Promise<number> {
  const strays = (await processTable()).filter(
    ({ pid, state }) => state !== 'Z' && environmentVariableOf(pid, 'HOME')?.startsWith(home) === true,
  );
  for (const { pid } of strays) signalProcess(pid, 'SIGKILL');
  return strays.length;
}
