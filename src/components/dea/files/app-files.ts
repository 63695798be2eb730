import { constants } from 'node:fs';
import { type FileHandle, open, opendir, readlink, realpath, stat } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { systemCodeOf } from '#ground/errors.ts';
import { type Entry, listingOf } from './listing.ts';

/** What is found under a path of the file viewer. A file's handle belongs to whoever asked. */
export type Found =
  | { readonly kind: 'missing' | 'forbidden' }
  | { readonly kind: 'listing'; readonly text: string }
  | { readonly kind: 'file'; readonly file: FileHandle; readonly size: number };

/** Scripts with the platform's secrets in them or after them; the app's own files of these names are further below. */
const hidden: readonly string[] = ['startup', 'stop'];
/** All that the top of an instance shows. Other files there can be had by who knows their names: `run.pid`. */
const shownAtTop: readonly string[] = ['app', 'logs', 'tomcat'];

const missing = { kind: 'missing' } as const;
const forbidden = { kind: 'forbidden' } as const;

/**
 * Looks up a file of an instance.
 * @param instances holds a directory per instance
 * @param path its first part is such a directory: `hello-0-1234/logs/stdout.log`
 */
export async function findAppFile(instances: string, path: string): Promise<Found> {
  const [staged, ...rest] = path.split('/').filter((part) => part !== '' && part !== '.');
  if (staged === undefined || path.includes('\0')) return missing;
  if (staged === '..' || rest.includes('..')) return forbidden;
  try {
    const top = join(await realpath(instances), staged);
    const real = await realpath(join(top, ...rest));
    if (!isWithin(real, top) || hidden.includes(relative(top, real))) return forbidden;
    return await read(real, top);
  } catch (error) {
    const found = foundDespite(systemCodeOf(error));
    if (found === undefined) throw error;
    return found;
  }
}

function foundDespite(code: string | undefined): Found | undefined {
  if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'ENAMETOOLONG') return missing;
  return ['EACCES', 'ELOOP', 'ENXIO', 'EPERM'].includes(code ?? '') ? forbidden : undefined;
}

async function read(path: string, top: string): Promise<Found> {
  // An app may put a pipe there, which would be waited for, or a link where a file was a moment ago.
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  let isKept = false;
  try {
    const status = await file.stat();
    if (!(await isStillWithin(file, top))) return forbidden;
    if (status.isDirectory()) return { kind: 'listing', text: listingOf(await entriesOf(path, top)) };
    if (!status.isFile()) return forbidden;
    isKept = true;
    return { kind: 'file', file, size: status.size };
  } finally {
    if (!isKept) await file.close();
  }
}

/** Where the opened file really is: a directory on the way may have become a link since it was looked at. */
async function isStillWithin(file: FileHandle, top: string): Promise<boolean> {
  if (process.platform !== 'linux') return true;
  return isWithin(await readlink(`/proc/self/fd/${file.fd}`), top);
}

/** Hidden files are left out, as are links that lead nowhere or out of the instance. */
async function entriesOf(directory: string, top: string): Promise<Entry[]> {
  const entries: Entry[] = [];
  for await (const { name } of await opendir(directory)) {
    const isShown = directory === top ? shownAtTop.includes(name) : !name.startsWith('.');
    const entry = isShown ? await entryOf(directory, name, top) : undefined;
    if (entry !== undefined) entries.push(entry);
  }
  return entries;
}

async function entryOf(directory: string, name: string, top: string): Promise<Entry | undefined> {
  try {
    const real = await realpath(join(directory, name));
    if (!isWithin(real, top)) return undefined;
    const status = await stat(real);
    return { name, bytes: status.isDirectory() ? undefined : status.size };
  } catch {
    return undefined; // gone meanwhile, or a link to nothing
  }
}

function isWithin(path: string, top: string): boolean {
  return path === top || path.startsWith(top + sep);
}
