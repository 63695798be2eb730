import type { Readable } from 'node:stream';
import { type Child, startChild } from '#ground/child.ts';
import { sleep } from '#ground/wait.ts';
import type { Surroundings } from './surroundings.ts';

export interface Ran {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
  /** From the call to the end of the process. */
  readonly ms: number;
}

export interface Call {
  readonly program?: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly limitMs?: number;
}

/** Runs a program, Node when none is named, to its end. Never rejects for an exit code. */
export async function runProgram(
  { program = process.execPath, args, env, cwd, limitMs = 60_000 }: Call,
  { signal }: Pick<Surroundings, 'signal'>,
): Promise<Ran> {
  const startedAt = performance.now();
  await using child = await startChild({
    program,
    args,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(cwd === undefined ? {} : { cwd }),
  });
  const [out, err] = [gather(child.stdout), gather(child.stderr)];
  const { code, at } = await endOf(child, { what: args.join(' '), limitMs, signal });
  return { code, out: await out, err: await err, ms: at - startedAt };
}

async function endOf(child: Child, { what, limitMs, signal }: { what: string; limitMs: number; signal: AbortSignal }) {
  const done = new AbortController();
  const late = sleep(limitMs, AbortSignal.any([signal, done.signal])).then(() => {
    throw new Error(`'${what}' did not end within ${limitMs} ms.`);
  });
  late.catch(() => {}); // it ended in time
  try {
    const ended = child.exited.then(({ code }) => ({ code, at: performance.now() }));
    return await Promise.race([ended, late]);
  } finally {
    done.abort();
  }
}

async function gather(stream: Readable | null): Promise<string> {
  let text = '';
  if (stream !== null) for await (const chunk of stream.setEncoding('utf8')) text += chunk;
  return text;
}

/** @throws Error with everything that was printed, unless the program succeeded */
export function succeeded(what: string, ran: Ran): Ran {
  if (ran.code === 0) return ran;
  throw new Error(`'${what}' ended with ${ran.code}:\n${ran.out}${ran.err}`.trim());
}
