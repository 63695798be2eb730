import { join } from 'node:path';
import * as v from 'valibot';
import { signalProcess } from '#ground/child.ts';
import { sha256Of } from '#ground/digest.ts';
import { ActionableError } from '#ground/errors.ts';
import { ensureDirectory, readIfThere, replaceFile } from '#ground/files.ts';
import { jsonIn } from '#ground/json-in.ts';
import { lockDirectory } from '#ground/lock.ts';
import { identityOf, isAlive } from '#ground/processes.ts';
import { waitFor } from '#ground/wait.ts';

/** Who watches an app, for another one that would like to. */
const Holder = v.looseObject({
  pid: v.number(),
  startedAt: v.string(),
  folder: v.string(),
  /** The folder of one who asked it to end. */
  takenOverFor: v.optional(v.string()),
});
type Holder = v.InferOutput<typeof Holder>;

/** The right to be the only one who deploys an app whenever its folder changes. */
export interface Hold extends AsyncDisposable {
  /** The folder of another watch that took the app over; `undefined` when none did. */
  takenOverFor(): Promise<string | undefined>;
}

export interface HoldOptions {
  readonly home: string;
  readonly app: string;
  readonly folder: string;
  /** Ends the watch that has the app. */
  readonly takeOver: boolean;
  readonly signal: AbortSignal;
}

const endLimitMs = 10_000;

/**
 * Takes an app for this watch alone, until it is disposed or the process ends, however it ends.
 * @throws ActionableError ALREADY_RUNNING naming who has it
 */
export async function holdApp({ home, app, folder, takeOver, signal }: HoldOptions): Promise<Hold> {
  const directory = await ensureDirectory(join(home, 'cli', 'watch', sha256Of(app).slice(0, 16)));
  const file = join(directory, 'holder.json');
  const lock =
    (await lockDirectory(directory)) ?? (takeOver ? await takenOver(directory, { folder, signal }) : undefined);
  if (lock === undefined) throw held(app, await holderIn(file), takeOver);
  const self = await identityOf(process.pid);
  await replaceFile(file, JSON.stringify({ pid: process.pid, startedAt: self?.startedAt ?? '', folder }));
  return {
    takenOverFor: async () => (await holderIn(file))?.takenOverFor,
    [Symbol.asyncDispose]: () => lock[Symbol.asyncDispose](),
  };
}

/** Asks the watch that has the app to end, and waits for that. */
async function takenOver(
  directory: string,
  { folder, signal }: { folder: string; signal: AbortSignal },
): Promise<AsyncDisposable | undefined> {
  const file = join(directory, 'holder.json');
  const holder = await holderIn(file);
  if (holder === undefined || !(await isAlive(holder))) return undefined;
  await replaceFile(file, JSON.stringify({ ...holder, takenOverFor: folder }));
  signalProcess(holder.pid, 'SIGTERM');
  signalProcess(holder.pid, 'SIGCONT'); // one that stands still would not hear of it
  try {
    return await waitFor('the other watch to end', () => lockDirectory(directory), { limitMs: endLimitMs, signal });
  } catch {
    signal.throwIfAborted();
    return undefined;
  }
}

async function holderIn(file: string): Promise<Holder | undefined> {
  const parsed = v.safeParse(Holder, jsonIn((await readIfThere(file)) ?? ''));
  return parsed.success ? parsed.output : undefined;
}

function held(app: string, holder: Holder | undefined, wasAsked: boolean): ActionableError {
  const who = holder === undefined ? 'Another watch' : `The watch of ${holder.folder} (pid ${holder.pid})`;
  return new ActionableError(
    'ALREADY_RUNNING',
    wasAsked ? `${who} has ${app} and does not let go of it.` : `${who} has ${app} already.`,
    wasAsked ? 'End it, and try again.' : 'End it with Ctrl-C, or add `--take-over` to end it and go on from here.',
  );
}
