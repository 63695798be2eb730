import { readdirSync, readFileSync, statSync } from 'node:fs';
import { readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { systemCodeOf } from '#ground/errors.ts';
import { ensureDirectory, syncDirectory } from '#ground/files.ts';
import { setAside } from '#ground/set-aside.ts';
import type { Block } from './block-layout.ts';
import type { StoredMessage } from './stored-messages.ts';

/** Where the server keeps everything that is stored. */
function storeIn(dataDir: string): string {
  return join(dataDir, 'store');
}

/** Clients without an account of their own are in the server's global one. */
function streamIn(dataDir: string, stream: string): string {
  return join(storeIn(dataDir), 'jetstream', '$G', 'streams', stream);
}

/**
 * The block files of a stream as they lie there. A server that opens them cuts off what it cannot read, so they are read
 * before, on each start: at once, because there is nothing else to do meanwhile. What cannot be read is left out.
 */
export function readBlocks(dataDir: string, stream: string): Block[] {
  return blocksOf(dataDir, stream, (path, number) => ({ number, content: readFileSync(path) }));
}

/** Whether any of these files is gone or shorter than it was. */
export function haveShrunk(dataDir: string, stream: string, before: readonly Block[]): boolean {
  const sizes = new Map(blocksOf(dataDir, stream, (path, number) => [number, statSync(path).size] as const));
  return before.some(({ number, content }) => (sizes.get(number) ?? -1) < content.length);
}

/** The whole messages in block files, also behind damaged ones. Among them are such as later ones replaced or deleted. */
export async function messagesOf(stream: string, blocks: readonly Block[]): Promise<readonly StoredMessage[]> {
  const { readStoredStream } = await import('./stored-messages.ts');
  return readStoredStream(stream, blocks);
}

function blocksOf<T>(dataDir: string, stream: string, read: (path: string, number: number) => T): T[] {
  const directory = join(streamIn(dataDir, stream), 'msgs');
  const found: T[] = [];
  for (const number of blockNumbersIn(directory)) {
    try {
      found.push(read(join(directory, `${number}.blk`), number));
    } catch {
      // It is damaged beyond reading, or just gone: what is missing shows when the stream is read.
    }
  }
  return found;
}

function blockNumbersIn(directory: string): number[] {
  try {
    const numbers = readdirSync(directory).map((name) => Number(/^(\d+)\.blk$/.exec(name)?.[1]));
    return numbers.filter((number) => !Number.isNaN(number)).sort((one, other) => one - other);
  } catch {
    return []; // no such stream yet, or none that can be read
  }
}

/** Which part of the store is set aside: one stream of it, or all. */
type StorePart = { readonly stream: string } | 'all';

/**
 * Moves a part of the store out of the way of the next server. No server may run on it.
 * @param asFound block files as they were before a server cut them off; they are put beside
 * @returns where it lies now; `undefined` when there was nothing
 */
export async function setStoreAside(
  dataDir: string,
  part: StorePart,
  asFound: readonly Block[] = [],
): Promise<string | undefined> {
  const path = part === 'all' ? storeIn(dataDir) : streamIn(dataDir, part.stream);
  if (!(await isThere(path))) return undefined;
  const keptIn = await setAside(path, join(dataDir, 'damaged'));
  await syncDirectory(dirname(path));
  const place = await ensureDirectory(`${keptIn}.as-found`);
  for (const { number, content } of asFound) await writeFile(join(place, `${number}.blk`), content, { mode: 0o600 });
  if (asFound.length === 0) await rm(place, { recursive: true });
  return keptIn;
}

/** Takes back that the whole store was set aside: it was not what kept the server from starting. */
export async function putStoreBack(dataDir: string, keptIn: string): Promise<void> {
  await rm(storeIn(dataDir), { recursive: true, force: true });
  await rename(keptIn, storeIn(dataDir));
  const place = dirname(keptIn);
  if ((await readdir(place)).length === 0) await rm(place, { recursive: true });
}

async function isThere(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    const code = systemCodeOf(error);
    if (code === 'ENOENT' || code === 'ENOTDIR') return false;
    throw error;
  }
}
