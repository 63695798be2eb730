import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type FolderState, type WatchOptions, watchFolder } from '#cli/watch/watch-folder.ts';
import { sleep, within } from '#ground/wait.ts';
import { scratchDirectory } from '../../support/scratch.ts';
import type { Scope } from '../../support/spec.ts';

export interface Watched {
  readonly folder: string;
  readonly said: string[];
  /** The next state it tells. */
  next(): Promise<FolderState>;
  /** All it tells until it has told nothing for a while. */
  all(): Promise<FolderState[]>;
  /** The next state, and all it tells after that until it has told nothing for a while. */
  news(): Promise<FolderState[]>;
  /** Without a pause in which the watcher, which lives in this process, could look. */
  put(path: string, content?: string): void;
}

const quietMs = 700;

/** A folder with three files, watched by the program's own code; its first state was told. */
export async function watched(scope: Scope, options: Partial<WatchOptions> = {}): Promise<Watched> {
  const folder = join(await scratchDirectory(scope), 'shop');
  const put = (path: string, content = path) => {
    mkdirSync(join(folder, path, '..'), { recursive: true });
    writeFileSync(join(folder, path), content);
  };
  for (const path of ['app.js', 'lib/a.js', 'lib/b.js']) put(path);
  const stop = new AbortController();
  const said: string[] = [];
  const states = watchFolder(folder, {
    leftOut: undefined,
    settings: [join(folder, 'manifest.yml')],
    delayMs: 15,
    isPolling: false,
    onPolling: (why) => said.push(why),
    signal: stop.signal,
    ...options,
  });
  const told: FolderState[] = [];
  let wake = () => {};
  const reading = (async () => {
    for await (const state of states) {
      told.push(state);
      wake();
    }
  })();
  scope.defer(async () => {
    stop.abort();
    await reading;
  });
  const next = async () => {
    if (told.length === 0) {
      const arrived = new Promise<void>((resolve) => {
        wake = resolve;
      });
      await within(15_000, 'a state of the folder', arrived);
    }
    return told.shift() as FolderState;
  };
  const all = async () => {
    for (let seen = -1; seen !== told.length; ) {
      seen = told.length;
      await sleep(quietMs);
    }
    return told.splice(0);
  };
  const news = async () => [await next(), ...(await all())];
  await next();
  return { folder, said, next, all, news, put };
}

export const pathsOf = ({ files }: FolderState) => files.map(({ path }) => path);
export const sizeIn = ({ files }: FolderState, path: string) => files.find((file) => file.path === path)?.sizeBytes;

/** Does something again and again until the scope ends. */
export function allTheTime(scope: Scope, everyMs: number, act: () => Promise<void>): void {
  const stop = new AbortController();
  const acting = (async () => {
    while (!stop.signal.aborted) {
      await act();
      await sleep(everyMs);
    }
  })();
  scope.defer(() => {
    stop.abort();
    return acting;
  });
}
