import { resolve } from 'node:path';
import { ActionableError } from '#ground/errors.ts';

interface Named {
  readonly name: string;
  readonly from: string;
}

/**
 * Files that stand in for addresses: `--map URL=FILE`. The address may be given without its query, which is long and
 * expires, or as the name the recording has for it.
 */
export class FileMap {
  readonly #directory: string;
  readonly #entries: readonly string[];

  /** @param entries as they were given @param directory where relative files begin */
  constructor(entries: readonly string[], directory: string) {
    this.#entries = entries;
    this.#directory = directory;
  }

  /** An address may hold `=` itself, so what is asked for decides where it ends. */
  fileFor({ name, from }: Named): string | undefined {
    for (const key of [from, from.replace(/[?#].*$/s, ''), name]) {
      const entry = this.#entries.find((each) => key !== '' && each.startsWith(`${key}=`));
      if (entry !== undefined) return resolve(this.#directory, entry.slice(key.length + 1));
    }
    return undefined;
  }

  /** @throws ActionableError USAGE when an entry stands in for nothing */
  checkAgainst(all: readonly Named[]): void {
    for (const entry of this.#entries) {
      const alone = new FileMap([entry], this.#directory);
      if (all.some((each) => alone.fileFor(each) !== undefined)) continue;
      const known = all.map(({ from }) => from).join('\n');
      throw new ActionableError('USAGE', `--map ${entry} stands in for nothing.`, `The recording fetches:\n${known}`);
    }
  }
}
