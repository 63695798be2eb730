import type { Readable } from 'node:stream';

/** Where text goes: a stream that may be a terminal. */
export interface TextSink {
  write(content: string | Uint8Array): unknown;
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
}

/** What surrounds a run of the command line; a test gives it another one. */
export interface World {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly workingDirectory: string;
  readonly input: Readable & { readonly isTTY?: boolean | undefined };
  /** Results, and nothing else. */
  readonly output: TextSink;
  /** Progress, warnings and errors. */
  readonly messages: TextSink;
  /** Aborts with an `Interrupted` when somebody asks the run to stop. */
  readonly signal: AbortSignal;
}

/** SIGPIPE: somebody downstream has read enough, as in `localpaas logs hello | head`. */
type Interruption = 'SIGINT' | 'SIGTERM' | 'SIGHUP' | 'SIGPIPE';

/** Somebody asked this process to stop. Its exit code is the shell's convention. */
export class Interrupted extends Error {
  readonly exitCode: number;
  readonly #by: Interruption;

  /** @param message what was left how, if there is something to say */
  constructor(by: Interruption, message = 'Stopped.') {
    super(message);
    this.name = 'Interrupted';
    this.#by = by;
    this.exitCode = { SIGHUP: 129, SIGINT: 130, SIGPIPE: 141, SIGTERM: 143 }[by];
  }

  /** The same, from one who knows what was left how. */
  saying(message: string): Interrupted {
    return new Interrupted(this.#by, message);
  }
}

/** npm passes on the Ctrl-C which the terminal sent here already: two signals so close are one. */
const sameSignalMs = 500;

/**
 * The world of this process. The first signal asks the command to stop; the same one again does not ask. Another one after
 * it asks for nothing new: foreman sends SIGTERM where the terminal has sent SIGINT, and the stop is under way.
 */
export function worldOfProcess(): World {
  const stop = new AbortController();
  const askedAt = new Map<string, number>();
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(name, () => {
      const reason = new Interrupted(name);
      const before = askedAt.get(name) ?? performance.now();
      if (performance.now() - before > sameSignalMs) process.exit(reason.exitCode);
      askedAt.set(name, before);
      stop.abort(reason);
    });
  }
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      // EIO: the terminal is gone; a SIGHUP says so, too, but what is still written must not end us before it.
      if (error.code !== 'EPIPE' && error.code !== 'EIO') throw error;
      stop.abort(new Interrupted('SIGPIPE'));
    });
  }
  return {
    env: process.env,
    workingDirectory: process.cwd(),
    input: process.stdin,
    output: process.stdout,
    messages: process.stderr,
    signal: stop.signal,
  };
}
