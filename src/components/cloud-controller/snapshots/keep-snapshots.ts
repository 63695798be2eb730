import { messageOf } from '#ground/errors.ts';
import type { Log } from '#ground/log.ts';
import type { Store } from '../store.ts';
import { kinds } from '../stored-record.ts';
import type { EventsExtent, Snapshot } from './snapshot.ts';
import { addSnapshot } from './snapshot-files.ts';

/** Changes of a push come together. */
const writeAfterMs = 1_000;

export interface SnapshotParts {
  readonly store: Store;
  readonly dataDir: string;
  /** The version of this program. */
  readonly program: string;
  readonly events: () => EventsExtent;
  readonly log: Log;
  /** The newest snapshot there is, if it is one of this bucket. */
  readonly newest: Snapshot | undefined;
}

/** The desired state as it is in memory now. */
function snapshotOf({ store, program, events }: SnapshotParts): Snapshot {
  return {
    writtenAt: new Date().toISOString(),
    program,
    store: store.id ?? null,
    revision: store.followed,
    events: events(),
    records: store.entries().map(({ key, revision, record }) => ({ key, revision, json: JSON.stringify(record) })),
  };
}

/** Writes a snapshot a second after each change. Disposing it writes the last one. */
export function keepSnapshots(parts: SnapshotParts): AsyncDisposable {
  const { store, dataDir, log, newest } = parts;
  let timer: NodeJS.Timeout | undefined;
  let writing: Promise<void> = Promise.resolve();
  let written: Pick<Snapshot, 'revision' | 'events'> = newest ?? { revision: -1, events: { revision: -1, count: 0 } };
  const writeNow = async () => {
    const snapshot = snapshotOf(parts);
    if (snapshot.revision === written.revision && snapshot.events.revision === written.events.revision) return;
    await addSnapshot(dataDir, snapshot);
    written = snapshot;
  };
  const write = () => {
    timer = undefined;
    writing = writing
      .then(writeNow)
      .catch((error: unknown) => log.warn('snapshot of the desired state not written', { error: messageOf(error) }));
  };
  const schedule = () => {
    timer ??= setTimeout(write, writeAfterMs);
  };
  const listening = kinds.map((kind) => store.onChange(kind, schedule));
  const isBehind = written.revision !== store.followed || written.events.revision > parts.events().revision;
  if (isBehind && store.followed > 0) schedule();
  return {
    async [Symbol.asyncDispose](): Promise<void> {
      for (const each of listening) each[Symbol.dispose]();
      clearTimeout(timer);
      await store.catchUp();
      write();
      await writing;
    },
  };
}
