import { readFile, stat } from 'node:fs/promises';
import { sleep } from '#ground/wait.ts';
import { type MountPoint, mountPointsIn } from './mount-table.ts';

export interface MountsHere {
  /** What can be looked at. */
  readonly points: readonly MountPoint[];
  /** Where it cannot: somebody else's, or its server is gone. */
  readonly unseen: ReadonlySet<string>;
}

/** A server that does not answer may never do so, and whoever asks it waits as long. */
const limitMs = 2_000;
const silent = new Set<string>();

/** What is mounted now. One that does not answer is asked once, for each question takes a thread until it does. */
export async function mountsHere(): Promise<MountsHere> {
  const all = mountPointsIn(await readFile('/proc/self/mountinfo', 'utf8'));
  const unseen = new Set<string>();
  await Promise.all(
    all.map(async ({ at }) => {
      const answer = silent.has(at) ? 'silent' : await answerOf(at);
      if (answer === 'silent') silent.add(at);
      if (answer !== 'seen') unseen.add(at);
    }),
  );
  // What is mounted when somebody looks is nothing yet.
  return { points: all.filter(({ at, type }) => !unseen.has(at) && type !== 'autofs'), unseen };
}

async function answerOf(path: string): Promise<'seen' | 'unseen' | 'silent'> {
  const over = new AbortController();
  const asked = stat(path).then(
    () => 'seen' as const,
    () => 'unseen' as const,
  );
  const late = sleep(limitMs, over.signal).then(
    () => 'silent' as const,
    () => 'silent' as const, // it was not needed
  );
  return Promise.race([asked, late]).finally(() => over.abort());
}
