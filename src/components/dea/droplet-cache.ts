import { createHash } from 'node:crypto';
import { access, readdir, rm, stat, utimes } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import type { StartRequest } from '#contract/dea.ts';
import { ensureDirectory } from '#ground/files.ts';
import { fetchDroplet, isSha1, verifyDroplet } from './fetch-droplet.ts';

/** What says where a droplet is. */
export type DropletSource = Pick<StartRequest, 'sha1' | 'executableFile' | 'executableUri'>;

export interface DropletCacheOptions {
  readonly directory: string;
  /** The most recently used droplets are kept: so many bytes, and so many of them. */
  readonly maxBytes: number;
  readonly maxCount: number;
  /** Whether a droplet that lies on this machine anyway is used where it is. */
  readonly usesLocalFiles: boolean;
}

const archive = '.tgz';
const mostRemembered = 1000;

interface Download {
  readonly ended: Promise<void>;
  readonly stop: AbortController;
  /** How many starts wait for it: without any it is given up. */
  waiting: number;
}

/** The droplets on this machine. Starts that need the same one share its download. */
export class DropletCache {
  readonly #options: DropletCacheOptions;
  readonly #downloads = new Map<string, Download>();
  /** Those whose bytes were looked at since we started: a power cut can leave a file of zeros under a good name. */
  readonly #verified = new Set<string>();
  /** The same of files elsewhere, by path: how each was when it was looked at. */
  readonly #verifiedLocal = new Map<string, string>();
  readonly #inUse = new Map<string, number>();
  /** Downloads whose key does not tell what they hold. */
  readonly #passing = new Set<string>();

  constructor(options: DropletCacheOptions) {
    this.#options = options;
  }

  /**
   * Gives `work` the path of a droplet, which stays there until it is done. What was downloaded under a key that is no
   * SHA-1 serves only those who wait for it now: the next droplet of that name may be another one.
   * @param signal ends the wait for the droplet, but not `work`
   * @throws ActionableError START_FAILED, DISK_FULL; the signal's reason
   */
  async use<T>(source: DropletSource, work: (path: string) => Promise<T>, signal: AbortSignal): Promise<T> {
    const name = nameOf(source.sha1);
    this.#inUse.set(name, (this.#inUse.get(name) ?? 0) + 1);
    try {
      return await work(await this.#pathOf(name, source, signal));
    } finally {
      const users = (this.#inUse.get(name) ?? 1) - 1;
      if (users > 0) this.#inUse.set(name, users);
      else {
        this.#inUse.delete(name);
        if (this.#passing.delete(name)) await rm(join(this.#options.directory, name), { force: true });
      }
    }
  }

  async #pathOf(name: string, source: DropletSource, signal: AbortSignal): Promise<string> {
    const staged = join(this.#options.directory, name);
    if (await this.#isStaged(name, staged, source.sha1)) return staged;
    const local = source.executableFile;
    if (this.#options.usesLocalFiles && local && isAbsolute(local) && (await isThere(local))) {
      await this.#verifyLocal(local, source.sha1);
      return local;
    }
    await this.#fetchOnce(name, staged, source, signal);
    return staged;
  }

  async #isStaged(name: string, path: string, sha1: string): Promise<boolean> {
    if (this.#downloads.has(name) || !(await isThere(path))) return false;
    try {
      if (!this.#verified.has(name)) await verifyDroplet(path, sha1);
      this.#verified.add(name);
      const now = new Date();
      await utimes(path, now, now);
      return true;
    } catch {
      await rm(path, { force: true }); // damaged, or just gone: either way it is fetched again
      return false;
    }
  }

  /** Looks at its bytes unless it did so before, and nobody has changed the file since. */
  async #verifyLocal(path: string, sha1: string): Promise<void> {
    const { ino, size, mtimeMs, ctimeMs } = await stat(path);
    const state = [sha1, ino, size, mtimeMs, ctimeMs].join(' ');
    if (this.#verifiedLocal.get(path) === state) return;
    await verifyDroplet(path, sha1);
    this.#verifiedLocal.delete(path);
    this.#verifiedLocal.set(path, state);
    const [oldest] = this.#verifiedLocal.keys();
    if (this.#verifiedLocal.size > mostRemembered && oldest !== undefined) this.#verifiedLocal.delete(oldest);
  }

  async #fetchOnce(name: string, path: string, source: DropletSource, signal: AbortSignal): Promise<void> {
    const known = this.#downloads.get(name);
    const isUsable = known !== undefined && !known.stop.signal.aborted;
    const download = isUsable ? known : this.#beginDownload(name, path, source);
    download.waiting += 1;
    try {
      await unlessAborted(download.ended, signal);
    } finally {
      download.waiting -= 1;
      if (download.waiting === 0) download.stop.abort(new Error('Nobody waits for this droplet any more.'));
    }
  }

  #beginDownload(name: string, path: string, { executableUri, sha1 }: DropletSource): Download {
    const stop = new AbortController();
    const fetch = async () => {
      await ensureDirectory(this.#options.directory);
      await fetchDroplet(executableUri, sha1, path, stop.signal);
      if (isSha1(sha1)) this.#verified.add(name);
      else this.#passing.add(name);
      await this.#evict();
    };
    const ended = fetch().finally(() => {
      if (this.#downloads.get(name)?.stop === stop) this.#downloads.delete(name);
    });
    const download = { ended, stop, waiting: 0 };
    this.#downloads.set(name, download);
    return download;
  }

  /** Removes the least recently used ones beyond the limits, but none in use. */
  async #evict(): Promise<void> {
    const { directory, maxBytes, maxCount } = this.#options;
    const names = (await readdir(directory)).filter((name) => name.endsWith(archive));
    const files = await Promise.all(names.map(async (name) => ({ name, ...(await statOf(join(directory, name))) })));
    let bytes = 0;
    let count = 0;
    for (const file of files.sort((a, b) => b.usedAtMs - a.usedAtMs)) {
      bytes += file.bytes;
      count += 1;
      if ((bytes <= maxBytes && count <= maxCount) || this.#inUse.has(file.name)) continue;
      await rm(join(directory, file.name), { force: true });
      this.#verified.delete(file.name);
    }
  }

  /** Removes what a killed predecessor left half-done. */
  async tidy(): Promise<void> {
    const { directory } = this.#options;
    const names = (await isThere(directory)) ? await readdir(directory) : [];
    for (const name of names) if (isHalfDone(name)) await rm(join(directory, name), { force: true });
  }
}

/** What `temporaryNameFor` names. Files somebody else put there are not ours to remove. */
function isHalfDone(name: string): boolean {
  return /\.tgz\.\d+-[0-9a-f]+\.tmp$/.test(name);
}

/** The key may be anything: only a harmless one is a file name as it is. */
function nameOf(sha1: string): string {
  const isHarmless = /^[\w-][\w.-]{0,63}$/.test(sha1);
  return `${isHarmless ? sha1 : createHash('sha1').update(sha1).digest('hex')}${archive}`;
}

/** Others may wait for the same promise, so it goes on when one of them gives up. */
async function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  let giveUp: () => void = () => {};
  const aborted = new Promise<never>((_, reject) => {
    giveUp = () => reject(signal.reason);
    if (signal.aborted) giveUp();
    else signal.addEventListener('abort', giveUp, { once: true });
  });
  promise.catch(() => {}); // whoever gave up does not hear of a later failure
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener('abort', giveUp);
  }
}

async function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

async function statOf(path: string): Promise<{ bytes: number; usedAtMs: number }> {
  try {
    const { size, mtimeMs } = await stat(path);
    return { bytes: size, usedAtMs: mtimeMs };
  } catch {
    return { bytes: 0, usedAtMs: 0 }; // removed meanwhile
  }
}
