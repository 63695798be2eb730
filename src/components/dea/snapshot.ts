import { dirname, join } from 'node:path';
import * as v from 'valibot';
import { readCheckedFile, writeCheckedFile } from '#ground/checked-file.ts';
import { reportDamage } from '#ground/damage.ts';
import { messageOf } from '#ground/errors.ts';
import type { Log } from '#ground/log.ts';
import { setAside } from '#ground/set-aside.ts';
import { sleep } from '#ground/wait.ts';
import { InstanceRecord } from './instance-record.ts';

const SnapshotFile = v.object({ version: v.literal(1), instances: v.array(InstanceRecord) });

/** Changes that come together are written together. */
const gatherMs = 10;

/** The file from which the next DEA learns which instances there are. Writing it holds nobody up. */
export class Snapshot implements AsyncDisposable {
  readonly #path: string;
  readonly #records: () => readonly InstanceRecord[];
  readonly #log: Log;
  #writing: Promise<void> | undefined;
  #isStale = false;

  constructor(path: string, records: () => readonly InstanceRecord[], log: Log) {
    this.#path = path;
    this.#records = records;
    this.#log = log;
  }

  /** Something changed: it will be on disk soon. */
  touch(): void {
    this.#isStale = true;
    this.#writing ??= this.#write().finally(() => {
      this.#writing = undefined;
    });
  }

  /** Resolves when the last change is on disk. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#writing;
    if (this.#isStale) await this.#writeNow();
  }

  async #write(): Promise<void> {
    while (this.#isStale) {
      await sleep(gatherMs);
      await this.#writeNow();
    }
  }

  async #writeNow(): Promise<void> {
    this.#isStale = false;
    try {
      await writeCheckedFile(this.#path, { version: 1, instances: this.#records() });
    } catch (error) {
      // The apps run on. After a restart they would be strangers, though, so it has to be known.
      this.#log.error('snapshot not written', { path: this.#path, error: messageOf(error) });
    }
  }
}

/** What the last DEA left. A file that cannot be understood is set aside: its instances are then ended as strays. */
export async function readSnapshot(path: string, log: Log): Promise<readonly InstanceRecord[]> {
  const snapshot = await readCheckedFile(path, SnapshotFile);
  if (snapshot === undefined) return [];
  if (snapshot.ok) return snapshot.value.instances;
  reportDamage(log, {
    found: `The list of running instances, ${path}, cannot be read: ${snapshot.reason}.`,
    done: 'Instances that still run are ended, and apps are started anew.',
    keptIn: await setAside(path, join(dirname(path), 'damaged')),
  });
  return [];
}
