import { mkdirSync, mkdtempSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { signalProcess } from '#ground/child.ts';
import { removeTree } from '#ground/remove-tree.ts';

const namePattern = /^staging-(\d+)-\w+$/;

/** The directories of one task. Disposing it removes them with everything inside. */
export interface Workspace extends AsyncDisposable {
  /** The app as it was sent. */
  readonly zip: string;
  /** Not made yet. */
  readonly unstaged: string;
  /** Not made yet. */
  readonly staged: string;
  readonly droplet: string;
  /** All that scripts of the task may change: the app, what becomes of it, and what they need besides. */
  readonly own: string;
  /** Of the sandbox in which they run. Not made yet. */
  readonly sandbox: string;
  /** Holds all of these. */
  readonly directory: string;
  [Symbol.asyncDispose](): Promise<void>;
}

export function makeWorkspace(root: string): Workspace {
  mkdirSync(root, { recursive: true, mode: 0o700 });
  const directory = mkdtempSync(join(root, `staging-${process.pid}-`));
  const own = join(directory, 'own');
  mkdirSync(own, { mode: 0o700 });
  return {
    zip: join(directory, 'app.zip'),
    unstaged: join(own, 'unstaged'),
    staged: join(own, 'staged'),
    droplet: join(directory, 'droplet.tgz'),
    own,
    sandbox: join(directory, 'sandbox'),
    directory,
    [Symbol.asyncDispose]: () => removeTree(directory),
  };
}

/**
 * Removes what stagers that were killed left in `root`, where others may be at work: only what has our kind of name and
 * whose process is gone. @returns the names of what could not be removed
 */
export async function removeLeftovers(root: string): Promise<string[]> {
  const left: string[] = [];
  for (const name of readdirSync(root)) {
    const pid = Number(namePattern.exec(name)?.[1]);
    if (Number.isNaN(pid) || (pid !== process.pid && signalProcess(pid, 0))) continue;
    await removeTree(join(root, name)).catch(() => left.push(name));
  }
  return left;
}
