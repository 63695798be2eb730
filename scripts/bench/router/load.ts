import { readdir, readFile } from 'node:fs/promises';
import { runProgram, succeeded } from '../run-program.ts';
import type { Surroundings } from '../surroundings.ts';
import { pinned } from './contenders.ts';

export interface Load {
  readonly wrk: string;
  readonly port: number;
  readonly host: string;
  readonly connections: number;
  readonly seconds: number;
}

export interface Loaded {
  readonly requests: number;
  /** Of the latency, in µs. */
  readonly p99: number;
}

/** Has wrk ask for `/` all the time. @throws Error when a request failed */
export async function underLoad({ wrk, port, host, connections, seconds }: Load, surroundings: Surroundings) {
  const args = ['-t1', `-c${connections}`, `-d${seconds}s`, '--latency', '-H', `Host: ${host}`];
  const [program = '', ...rest] = pinned([wrk, ...args, `http://127.0.0.1:${port}/`], 1);
  const call = { program, args: rest, env: { PATH: process.env['PATH'] ?? '' } };
  const { out } = succeeded('wrk', await runProgram(call, surroundings));
  return readLoad(out);
}

/** What wrk prints. @throws Error when it tells of failures, or is not understood */
export function readLoad(text: string): Loaded {
  if (/Socket errors|Non-2xx/.test(text)) throw new Error(`Requests failed:\n${text}`);
  const requests = /^\s*(\d+) requests in /m.exec(text)?.[1];
  const [, value, unit = ''] = /^\s*99%\s+([\d.]+)(us|ms|s)\s*$/m.exec(text) ?? [];
  if (requests === undefined || value === undefined) throw new Error(`wrk speaks otherwise than expected:\n${text}`);
  const inMicroseconds: Record<string, number> = { us: 1, ms: 1_000, s: 1_000_000 };
  return { requests: Number(requests), p99: Number(value) * (inMicroseconds[unit] ?? Number.NaN) };
}

/** What the processor spent on a process so far, in µs: exact, where ticks of the clock are 10 ms. */
export async function processorTimeOf(pid: number): Promise<number> {
  const threads = await readdir(`/proc/${pid}/task`);
  const times = threads.map(async (thread) => {
    const text = await readFile(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').catch(() => '0'); // it has just ended
    return Number(text.split(' ')[0]) / 1_000;
  });
  return (await Promise.all(times)).reduce((sum, time) => sum + time, 0);
}

export async function residentKb(pid: number): Promise<number> {
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(await readFile(`/proc/${pid}/status`, 'utf8'))?.[1]);
}
