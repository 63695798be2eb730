import * as v from 'valibot';
import { signalProcess, startChild } from '#ground/child.ts';
import { waitFor, within } from '#ground/wait.ts';
import { endStrays } from '../bench/localpaas.ts';
import { environmentIn, type Surroundings } from '../bench/surroundings.ts';

const Ready = v.looseObject({ event: v.literal('ready'), pid: v.number(), url: v.string() });

const names = v.optional(v.array(v.string()), []);
/** What `up --json` says about something that is damaged. */
export const DamageEvent = v.looseObject({
  event: v.literal('damage'),
  found: v.string(),
  done: v.string(),
  keptIn: v.optional(v.string()),
  restored: names,
  older: names,
  lost: names,
});
export type DamageEvent = v.InferOutput<typeof DamageEvent>;

/** A platform that came up. Disposing it ends it and its apps. */
export interface Up extends AsyncDisposable {
  readonly url: string;
  /** From the start of the process to its ready event. */
  readonly readyMs: number;
  /** What was said by now. */
  said(): readonly DamageEvent[];
  /** What was printed on standard error by now. */
  messages(): string;
  /** @returns the exit code */
  stop(): Promise<number | null>;
  /** Ends the platform and its apps without warning. */
  kill(): Promise<void>;
}

const stopLimitMs = 30_000;

/** @throws Error when it is not ready in time */
export async function runUp(surroundings: Surroundings, home: string, limitMs: number): Promise<Up> {
  const startedAt = performance.now();
  const [program, ...first] = surroundings.command;
  const child = await startChild({
    program,
    args: [...first, 'up', '--json', '--port', '0', '--bus-port', '0'],
    env: environmentIn(home, surroundings),
    stdio: ['ignore', 'pipe', 'pipe'],
    graceMs: stopLimitMs,
  });
  let out = '';
  let err = '';
  child.stdout?.setEncoding('utf8').on('data', (chunk) => {
    out += chunk;
  });
  child.stderr?.setEncoding('utf8').on('data', (chunk) => {
    err += chunk;
  });
  let hasEnded = false;
  void child.exited.then(() => {
    hasEnded = true;
  });
  const end = async () => {
    await child[Symbol.asyncDispose]();
    await endStrays(home);
  };
  const isReady = () => {
    const event = eventsIn(out).find((each) => v.is(Ready, each));
    if (event === undefined && hasEnded) throw new Error(`it ended before it was ready:\n${err}`);
    return event === undefined ? undefined : v.parse(Ready, event);
  };
  try {
    const { url } = await waitFor('it to be ready', isReady, { limitMs, everyMs: 2, signal: surroundings.signal });
    return {
      url,
      readyMs: performance.now() - startedAt,
      said: () => eventsIn(out).flatMap((event) => (v.is(DamageEvent, event) ? [v.parse(DamageEvent, event)] : [])),
      messages: () => err,
      async stop() {
        signalProcess(child.pid, 'SIGTERM');
        const { code } = await within(stopLimitMs, 'the platform to stop', child.exited);
        const strays = await endStrays(home);
        if (strays > 0) throw new Error(`it left ${strays} processes behind`);
        return code;
      },
      async kill() {
        signalProcess(child.pid, 'SIGKILL');
        await child.exited;
        await endStrays(home);
      },
      [Symbol.asyncDispose]: end,
    };
  } catch (error) {
    await end();
    throw new Error(`${error instanceof Error ? error.message : error}\n${out}${err}`, { cause: error });
  }
}

/** One on each line; the last may not have come as a whole yet. */
function eventsIn(out: string): unknown[] {
  return out
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as unknown);
}
