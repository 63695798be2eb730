import { Readable } from 'node:stream';
import { main } from '#cli/program.ts';
import { textSink } from './text-sink.ts';

export interface CliRun {
  readonly exitCode: number;
  /** Standard output. */
  readonly output: string;
  /** Standard error. */
  readonly messages: string;
}

export interface CliOptions {
  readonly home?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly workingDirectory?: string;
  /** Standard input. */
  readonly input?: string;
  /** Makes standard input a terminal. */
  readonly isTerminal?: boolean;
  /** Makes standard output a terminal of this width. */
  readonly columns?: number;
  readonly signal?: AbortSignal;
  /** Standard output, for who wants to look at it meanwhile. */
  readonly sink?: ReturnType<typeof textSink>;
}

/** Runs a command line in this process, with nothing of this process's environment. */
export async function runCli(args: readonly string[], options: CliOptions = {}): Promise<CliRun> {
  const terminal = options.columns === undefined ? {} : { isTTY: true, columns: options.columns };
  const output = options.sink ?? textSink(terminal);
  const messages = textSink();
  const exitCode = await main(['node', 'localpaas', ...args], {
    env: { PATH: process.env['PATH'] ?? '', LOCALPAAS_HOME: options.home ?? '/nonexistent/localpaas', ...options.env },
    workingDirectory: options.workingDirectory ?? '/',
    input: Object.assign(Readable.from(options.input === undefined ? [] : [Buffer.from(options.input)]), {
      isTTY: options.isTerminal === true,
    }),
    output,
    messages,
    signal: options.signal ?? new AbortController().signal,
  });
  return { exitCode, output: output.text(), messages: messages.text() };
}
