import { createHash, type Hash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { cp, mkdir, open, readdir, rename, rm, rmdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { createGzip } from 'node:zlib';
import { ActionableError, messageOf } from '#ground/errors.ts';
import { temporaryNameFor } from '#ground/files.ts';
import { call, type HttpAnswer } from '#ground/http-client.ts';
import { extractTarGz } from '#ground/tar.ts';
import { extractZip } from '#ground/unzip.ts';
import type { FileMap } from './file-map.ts';

/** An archive to be unpacked. */
export interface Wanted {
  readonly name: string;
  readonly from: string;
  /** A directory of this machine. */
  readonly to: string;
  readonly checksum_algorithm: string;
  readonly checksum_value: string;
}

const maxRedirects = 5;

/**
 * Fetches an archive (http, https, file, or what the map names) and unpacks it over what is there.
 * @throws ActionableError; nothing is left of an archive that could not be fetched, or is not what was recorded
 */
export async function fetchArchive(wanted: Wanted, files: FileMap, signal: AbortSignal): Promise<void> {
  const mapped = files.fileFor(wanted) ?? localFileOf(wanted.from);
  if (mapped !== undefined && (await isDirectory(mapped))) {
    await cp(mapped, wanted.to, { recursive: true, verbatimSymlinks: true });
    return;
  }
  await mkdir(dirname(wanted.to), { recursive: true });
  const file = `${temporaryNameFor(wanted.to)}.archive`;
  const unpacked = temporaryNameFor(wanted.to);
  try {
    const hash = hashFor(wanted);
    if (mapped === undefined) await download(wanted, file, hash, signal);
    const source = mapped ?? file;
    if (mapped !== undefined) for await (const chunk of createReadStream(mapped)) hash?.update(chunk as Buffer);
    if (hash !== undefined) checkSum(wanted, hash.digest('hex'));
    await unpack(source, unpacked, wanted, signal);
    await moveOver(unpacked, wanted.to);
  } finally {
    await Promise.all([rm(file, { force: true }), rm(unpacked, { recursive: true, force: true })]);
  }
}

function localFileOf(url: string): string | undefined {
  if (!URL.canParse(url)) throw unfetchable(url, 'is no address', 'BAD_INPUT');
  return new URL(url).protocol === 'file:' ? fileURLToPath(url) : undefined;
}

async function isDirectory(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch (cause) {
    throw unfetchable(path, 'cannot be read', 'NOT_FOUND', cause);
  }
}

async function download({ from }: Wanted, file: string, hash: Hash | undefined, signal: AbortSignal): Promise<void> {
  const answer = await follow(from, signal);
  try {
    answer.stream.on('data', (chunk: Buffer) => hash?.update(chunk));
    await pipeline(answer.stream, createWriteStream(file, { mode: 0o600 }), { signal });
  } catch (cause) {
    signal.throwIfAborted();
    throw unfetchable(from, 'broke off', 'NOBODY_ANSWERED', cause);
  }
}

async function follow(from: string, signal: AbortSignal): Promise<HttpAnswer> {
  let url = from;
  for (let redirects = 0; redirects <= maxRedirects; redirects += 1) {
    const answer = await ask(url, from, signal);
    const { location } = answer.headers;
    if (answer.status === 200) return answer;
    answer.discard();
    if (answer.status < 300 || answer.status >= 400 || location === undefined) {
      throw unfetchable(from, `answered with ${answer.status}`, 'NOT_FOUND');
    }
    url = new URL(location, url).href;
  }
  throw unfetchable(from, `leads on and on, ${maxRedirects} times and more`, 'NOT_FOUND');
}

async function ask(url: string, from: string, signal: AbortSignal): Promise<HttpAnswer> {
  try {
    return await call(url, { signal });
  } catch (cause) {
    signal.throwIfAborted();
    if (cause instanceof TypeError) throw unfetchable(from, 'is no http, https or file address', 'BAD_INPUT', cause);
    throw unfetchable(from, 'did not answer', 'NOBODY_ANSWERED', cause);
  }
}

function hashFor({ checksum_algorithm: algorithm, checksum_value: value }: Wanted): Hash | undefined {
  if (algorithm === '' || value === '') return undefined;
  if (['md5', 'sha1', 'sha256'].includes(algorithm)) return createHash(algorithm);
  throw new ActionableError(
    'BAD_INPUT',
    `The recording has a checksum of a kind that is not known here: '${algorithm}'.`,
    'It may be md5, sha1 or sha256; or take the checksum out of the recording.',
  );
}

function checkSum({ from, checksum_algorithm: algorithm, checksum_value: value }: Wanted, is: string): void {
  if (is === value.toLowerCase()) return;
  throw new ActionableError(
    'DAMAGED',
    `What came from ${from} is not what was recorded: its ${algorithm} is ${is}, not ${value}.`,
    `Name a file that is: --map '${from}=FILE'.`,
  );
}

async function unpack(file: string, directory: string, { from }: Wanted, signal: AbortSignal): Promise<void> {
  const kind = await kindOf(file);
  if (kind === 'zip') await extractZip(file, directory, { signal });
  else if (kind === 'tgz') await extractTarGz(file, directory, { signal, links: 'any' });
  else if (kind === 'tar') {
    const compressed = createReadStream(file).pipe(createGzip({ level: 0 }));
    await extractTarGz(compressed, directory, { signal, links: 'any' });
  } else throw unfetchable(from, 'is no zip, tar or tar.gz', 'BAD_INPUT');
}

async function kindOf(path: string): Promise<'zip' | 'tgz' | 'tar' | undefined> {
  const file = await open(path, 'r');
  try {
    const { buffer: head } = await file.read(Buffer.alloc(512), 0, 512, 0);
    if (head.subarray(0, 2).toString('latin1') === 'PK') return 'zip';
    if (head[0] === 0x1f && head[1] === 0x8b) return 'tgz';
    return head.subarray(257, 262).toString('latin1') === 'ustar' ? 'tar' : undefined;
  } finally {
    await file.close();
  }
}

/** A directory that is missing or empty is replaced; else the new files join those that are there. */
async function moveOver(from: string, to: string): Promise<void> {
  const there = await readdir(to).catch(() => undefined);
  if (there === undefined || there.length === 0) {
    if (there !== undefined) await rmdir(to);
    await rename(from, to);
  } else await cp(from, to, { recursive: true, verbatimSymlinks: true });
}

function unfetchable(
  from: string,
  what: string,
  code: 'BAD_INPUT' | 'NOT_FOUND' | 'NOBODY_ANSWERED',
  cause?: unknown,
): ActionableError {
  const reason = cause === undefined ? '' : `: ${messageOf(cause)}`;
  return new ActionableError(
    code,
    `${from} ${what}${reason}.`,
    `If it has expired, fetch the file another way and name it: --map '${from}=FILE'.`,
    { cause },
  );
}
