import type { Readable } from 'node:stream';
import { type Child, type ChildOptions, type Exit, startChild } from '#ground/child.ts';
import { ActionableError, systemCodeOf } from '#ground/errors.ts';
import { sleep } from '#ground/wait.ts';
import { RefusalListener, type Sandbox } from '#workload/sandbox/index.ts';
import { buildVariable, killLeftovers } from './leftovers.ts';
import { TextPieces } from './text-pieces.ts';

type Write = (text: string) => void | Promise<void>;

export interface Script {
  readonly program: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly out: Write;
  readonly err: Write;
  readonly signal?: AbortSignal | undefined;
  /** In which it runs; as an ordinary process when absent. */
  readonly sandbox?: Sandbox | undefined;
  /** Put behind pieces of lines that are too long; nothing when absent. */
  readonly cut?: string;
}

/** A script ended badly, or could not be started; the message is in Go's words: `exit status 17`. */
export class ScriptFailure extends Error {
  override readonly name = 'ScriptFailure';
  /** What the sandbox it ran in refused, and what it allows, as sentences. */
  readonly remedy: string | undefined;

  constructor(message: string, { remedy, ...options }: ErrorOptions & { readonly remedy?: string | undefined } = {}) {
    super(message, options);
    this.remedy = remedy;
  }
}

const graceMs = 2_000;
/** Who still holds the output open when all that could be found was killed is not waited for longer. */
const lastWordsMs = 3_000;

/**
 * Runs a script in a session of its own until it ends, and passes on what it prints as it comes. Whatever it forked is
 * ended with it.
 * @throws ScriptFailure; the signal's reason when it aborts, after all of it was ended
 */
export async function runScript(script: Script): Promise<void> {
  script.signal?.throwIfAborted();
  const child = await started(script);
  const over = new AbortController();
  const refusals = new RefusalListener(script.sandbox);
  const output = Promise.all([
    passOn(child.stdout, refusals.hearing(script.out), script.cut, over.signal),
    passOn(child.stderr, refusals.hearing(script.err), script.cut, over.signal),
  ]);
  output.catch(() => {});
  const exit = await ended(child, script, output);
  await Promise.race([output, sleep(lastWordsMs, over.signal).then(() => over.abort())]).finally(() => over.abort());
  script.signal?.throwIfAborted();
  if (exit.code !== 0) throw new ScriptFailure(wordsFor(exit), { remedy: refusals.remedy });
}

/** The script's end, or ours: what fails in passing its words on ends it, too. */
async function ended(child: Child, { signal, env, sandbox }: Script, output: Promise<unknown>): Promise<Exit> {
  const aborted = new Promise<void>((resolve) => {
    if (signal?.aborted === true) resolve();
    signal?.addEventListener('abort', () => resolve(), { once: true });
  });
  const failed = output.then(
    () => child.exited,
    () => {},
  );
  await Promise.race([child.exited, aborted, failed]);
  await child[Symbol.asyncDispose]();
  if (sandbox === undefined) await killLeftovers(child.pid, env[buildVariable]);
  else await sandbox.clear();
  return child.exited;
}

async function started({ program, args, cwd, env, sandbox }: Script): Promise<Child> {
  const options: ChildOptions = { program, args, cwd, env, stdio: ['ignore', 'pipe', 'pipe'], graceMs };
  try {
    return sandbox === undefined ? await startChild(options) : await sandbox.start(options);
  } catch (error) {
    const cause = (error as Error).cause ?? error;
    const words = startWords.get(systemCodeOf(cause) ?? '');
    if (words === undefined) throw error;
    // The error of a directory that is not there is not one a user can be told how to mend.
    const isOfDirectory = cause !== error && !(error instanceof ActionableError);
    throw new ScriptFailure(`${isOfDirectory ? `chdir ${cwd}` : `fork/exec ${program}`}: ${words}`, { cause });
  }
}

const startWords: ReadonlyMap<string, string> = new Map([
  ['ENOENT', 'no such file or directory'],
  ['EACCES', 'permission denied'],
  ['ENOEXEC', 'exec format error'],
  ['E2BIG', 'argument list too long'],
]);

const signalWords: ReadonlyMap<string, string> = new Map([
  ...([
    ['SIGKILL', 'killed'],
    ['SIGTERM', 'terminated'],
    ['SIGINT', 'interrupt'],
    ['SIGHUP', 'hangup'],
  ] as const),
  ...([
    ['SIGSEGV', 'segmentation fault'],
    ['SIGABRT', 'aborted'],
    ['SIGPIPE', 'broken pipe'],
  ] as const),
]);

function wordsFor({ code, signal }: Exit): string {
  if (code !== null) return `exit status ${code}`;
  return `signal: ${signalWords.get(signal ?? '') ?? signal}`;
}

async function passOn(stream: Readable | null, write: Write, cut = '', over: AbortSignal): Promise<void> {
  if (stream === null) return;
  const stop = () => stream.destroy();
  over.addEventListener('abort', stop, { once: true });
  const pieces = new TextPieces(cut);
  try {
    for await (const chunk of stream) {
      const text = pieces.add(chunk as Uint8Array); // no encoding is set, so chunks are bytes
      if (text !== '') await write(text);
    }
  } catch (error) {
    if (!over.aborted) throw error;
  } finally {
    over.removeEventListener('abort', stop);
  }
  const rest = pieces.end();
  if (rest !== '') await write(rest);
}
