import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { setImmediate as turn } from 'node:timers/promises';
import { type AppFile, contentOf, smallBytes } from './app-file.ts';

/** Then signals and progress get their turn. */
const filesPerTurn = 100;

/**
 * The SHA-1 of files, computed once for each: who lists a folder again and finds a file unchanged hands in the same
 * object as before.
 */
export class ContentHashes {
  readonly #known = new WeakMap<AppFile, string>();
  readonly #before: ContentHashes | undefined;

  /** @param before knows more, and learns nothing */
  constructor(before?: ContentHashes) {
    this.#before = before;
  }

  /** What was computed already. */
  of(file: AppFile): string | undefined {
    return this.#known.get(file) ?? this.#before?.of(file);
  }

  /** @throws the system's error for a file that cannot be read */
  async all(folder: string, files: readonly AppFile[]): Promise<ReadonlyMap<AppFile, string>> {
    const found = new Map<AppFile, string>();
    let computed = 0;
    for (const file of files) {
      const known = this.of(file);
      const sha1 = known ?? (await sha1Of(join(folder, file.path), file.sizeBytes));
      this.#known.set(file, sha1);
      found.set(file, sha1);
      if (known !== undefined) continue;
      computed += 1;
      if (computed % filesPerTurn === 0) await turn();
    }
    return found;
  }

  /** What was read of a file in order to send it counts more than what was read before. */
  note(file: AppFile, content: Buffer): Buffer {
    this.#known.set(file, createHash('sha1').update(content).digest('hex'));
    return content;
  }
}

async function sha1Of(path: string, sizeBytes: number): Promise<string> {
  const hash = createHash('sha1');
  if (sizeBytes <= smallBytes) hash.update(contentOf(path));
  else await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}
