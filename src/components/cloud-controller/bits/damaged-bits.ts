import { join } from 'node:path';
import { type Damage, reportDamage } from '#ground/damage.ts';
import type { Log } from '#ground/log.ts';
import { setAside } from '#ground/set-aside.ts';
import type { Blobs } from './blobs.ts';

/** Looks at bits that did not do: a disk may have spoiled them. Reading all of them costs time, so nobody does before. */
export class DamagedBits {
  readonly #blobs: Blobs;
  readonly #dataDir: string;
  readonly #log: Log;
  /** Those that were looked at since we started, and are what they should be. */
  readonly #whole = new Set<string>();

  constructor(blobs: Blobs, { dataDir, log }: { readonly dataDir: string; readonly log: Log }) {
    this.#blobs = blobs;
    this.#dataDir = dataDir;
    this.#log = log;
  }

  /**
   * @returns what is wrong with the bits of this name, as part of a sentence, and where they lie now; `undefined` when
   * they are whole
   */
  async setAside(sha256: string): Promise<{ readonly why: string; readonly keptIn?: string } | undefined> {
    if (this.#whole.has(sha256)) return undefined;
    const found = await this.#blobs.look(sha256);
    if (found === 'missing') return { why: 'is missing' };
    if (found === 'whole') {
      this.#whole.add(sha256);
      return undefined;
    }
    const keptIn = await setAside(this.#blobs.pathOf(sha256), join(this.#dataDir, 'damaged'));
    return { why: 'is damaged on disk', keptIn };
  }

  tell(damage: Damage): void {
    reportDamage(this.#log, damage);
  }
}
