import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { systemCodeOf } from '#ground/errors.ts';
import { ensureDirectory, replaceFile } from '#ground/files.ts';

/** The end of a longer one is kept: it tells why staging failed. */
const longest = 256 * 1024;

/** What the last staging task of each app told, one file per app. */
export class TaskLogs {
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
  }

  async keep(app: string, text: string): Promise<void> {
    await ensureDirectory(this.#directory);
    await replaceFile(this.#fileOf(app), text.slice(-longest));
  }

  async read(app: string): Promise<string | undefined> {
    try {
      return await readFile(this.#fileOf(app), 'utf8');
    } catch (error) {
      if (systemCodeOf(error) === 'ENOENT') return undefined;
      throw error;
    }
  }

  async forget(app: string): Promise<void> {
    await rm(this.#fileOf(app), { force: true });
  }

  /** Forgets what belongs to apps that are gone. */
  async sweep(isThere: (app: string) => boolean): Promise<void> {
    for (const name of await readdir(this.#directory).catch(() => [])) {
      if (!isThere(name)) await rm(join(this.#directory, name), { force: true });
    }
  }

  #fileOf(app: string): string {
    return join(this.#directory, app);
  }
}
