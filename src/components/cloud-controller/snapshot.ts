import { join } from 'node:path';
import * as v from 'valibot';
import { messageOf } from '#ground/errors.ts';
import { readIfThere, writeFileDurably } from '#ground/files.ts';
import type { Log } from '#ground/log.ts';
import { reasonOf } from '#ground/reason-of.ts';
import type { Kind, Records } from './records.ts';
import type { Store } from './store.ts';

/** Builds are left out: a build that has ended matters to nobody. */
const kinds = ['app', 'route', 'package', 'droplet'] as const satisfies readonly Kind[];

const Entry = v.looseObject({ guid: v.pipe(v.string(), v.nonEmpty()) });
const Content = v.object({
  writtenAt: v.string(),
  records: v.object({ app: v.array(Entry), route: v.array(Entry), package: v.array(Entry), droplet: v.array(Entry) }),
});

/** Changes of a push come together. */
const writeAfterMs = 1_000;

export function snapshotFileIn(dataDir: string): string {
  return join(dataDir, 'desired-state.json');
}

/**
 * Puts the desired state back from its snapshot when the bucket was made anew: JetStream lost it, or was moved away.
 * A bucket that is merely empty stays so. @returns how many records came back
 */
export async function restoreSnapshot(store: Store, file: string, log: Log): Promise<number> {
  if (!store.isNew) return 0;
  const text = await readIfThere(file);
  if (text === undefined) return 0;
  const parsed = v.safeParse(Content, parsedOrNothing(text));
  if (!parsed.success) {
    log.error('snapshot of the desired state is damaged', { file, reason: reasonOf(parsed.issues) });
    return 0;
  }
  const { records, writtenAt } = parsed.output;
  let restored = 0;
  for (const kind of kinds) {
    for (const record of records[kind]) {
      // We wrote the file, so a record in it has its kind's shape.
      await store.create(kind, record as unknown as Records[typeof kind]);
      restored += 1;
    }
  }
  if (restored > 0) log.warn('desired state restored from its snapshot', { file, writtenAt, records: restored });
  return restored;
}

/** Keeps a plain copy of the desired state up to date, at most a second behind. Disposing it writes the last changes. */
export function keepSnapshot(store: Store, file: string, log: Log): AsyncDisposable {
  let timer: NodeJS.Timeout | undefined;
  let writing: Promise<void> = Promise.resolve();
  const write = () => {
    timer = undefined;
    writing = writing
      .then(() => writeFileDurably(file, contentOf(store)))
      .catch((error: unknown) =>
        log.warn('snapshot of the desired state not written', { file, error: messageOf(error) }),
      );
  };
  const schedule = () => {
    timer ??= setTimeout(write, writeAfterMs);
  };
  const listening = kinds.map((kind) => store.onChange(kind, schedule));
  return {
    async [Symbol.asyncDispose](): Promise<void> {
      for (const each of listening) each[Symbol.dispose]();
      if (timer !== undefined) {
        clearTimeout(timer);
        write();
      }
      await writing;
    },
  };
}

function contentOf(store: Store): string {
  const records = Object.fromEntries(kinds.map((kind) => [kind, store.all(kind)]));
  return `${JSON.stringify({ writtenAt: new Date().toISOString(), records })}\n`;
}

function parsedOrNothing(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined; // the schema says what is missing
  }
}
