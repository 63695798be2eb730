import { ApiClient } from '../api-client.ts';
import { findApp } from '../app/find-app.ts';
import type { Cli } from '../cli.ts';
import { type LogLine, LogReader } from '../log-reader.ts';
import { Interrupted } from '../world.ts';

interface Input {
  readonly name: string;
  readonly recent: boolean;
  readonly follow: boolean;
  readonly json: boolean;
}

const kept = 1_000;
/** Shown before what comes, for the eye to find its place. */
const lead = 10;

/** Dumps or follows; whoever follows ends it with Ctrl-C, which is no failure. */
export async function run(cli: Cli, { name, recent, follow, json }: Input): Promise<number> {
  const api = await ApiClient.open(cli);
  const app = await findApp(api, name);
  const reader = new LogReader(api, app.guid);
  const print = (line: LogLine) =>
    json ? cli.out.raw(`${JSON.stringify(recordOf(line))}\n`) : cli.out.line(textOf(line, cli));
  try {
    const lines = await reader.recent(recent || follow ? kept : lead);
    for (const line of lines) print(line);
    if (recent && !follow) return 0;
    const last = lines.at(-1);
    for await (const fresh of reader.follow(last === undefined ? 0n : last.at + 1n, cli.signal)) fresh.forEach(print);
  } catch (error) {
    if (!(cli.signal.aborted && cli.signal.reason instanceof Interrupted)) throw error;
  }
  return 0;
}

function recordOf({ at, source, instance, stream, text }: LogLine): object {
  return { at: timeOf(at), source, instance, stream, text };
}

function textOf({ at, source, instance, stream, text }: LogLine, cli: Cli): string {
  const { dim, red } = cli.out.style;
  const head = `${timeOf(at)} [${source}/${instance}] ${stream}`;
  return `${dim(head)} ${stream === 'ERR' ? red(text) : text}`;
}

/** To the hundredth of a second, in UTC: `2026-11-21T11:05:09.42Z`. */
function timeOf(at: bigint): string {
  return new Date(Number(at / 1_000_000n)).toISOString().replace(/\dZ$/, 'Z');
}
