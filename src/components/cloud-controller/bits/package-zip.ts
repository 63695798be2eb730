import { Readable } from 'node:stream';
import type { Resource } from '#contract/api/resources.ts';
import { type ArchiveLimits, MemberTable } from '#ground/archive-members.ts';
import { ActionableError } from '#ground/errors.ts';
import type { Zip, ZipEntry } from '#ground/unzip.ts';
import { type ZipMember, zipOf } from '#ground/zip.ts';
import { fitsPool, pooledFileOf, ResourceMissing, type ResourcePool } from './resource-pool.ts';

/** A file that is not sent because its content is stored here already. */
export interface KnownFile extends Resource {
  readonly path: string;
}

/** As much is read and checked before an upload is answered; larger ones are checked when they are unpacked. */
const checkedAtOnceBytes = 4 * 1024 * 1024;

/** Refuses a zip without files, and a small one with damaged content. @throws ActionableError BAD_INPUT */
export async function checkWholeZip(zip: Zip): Promise<void> {
  if (zip.entries.every(({ kind }) => kind === 'directory')) throw holdsNoFile();
  const unpackedBytes = zip.entries.reduce((sum, { size }) => sum + size, 0);
  if (unpackedBytes > checkedAtOnceBytes) return;
  for (const entry of zip.entries) {
    if (entry.kind === 'file') for await (const _ of zip.read(entry));
  }
}

/**
 * The zip of a package made of what was sent and what is known, as a stream. It fails with ActionableError BAD_INPUT
 * when a known file is damaged after all.
 * @throws ActionableError BAD_INPUT naming the entry
 */
export async function composePackage(
  sent: Zip | undefined,
  known: readonly KnownFile[],
  { pool, limits }: { pool: ResourcePool; limits: ArchiveLimits },
): Promise<Readable> {
  const entries = sent?.entries ?? [];
  const table = new MemberTable('upload', limits);
  for (const { path, kind, size, target } of entries) table.add(path, kind, size, target);
  const paths = known.map((file) => table.add(file.path, 'file', file.size_in_bytes));
  table.checkLinks();
  const members = [
    ...entries.map((entry) => memberOf(entry, sent)),
    ...known.map((file, at) => knownMember(file, paths[at] ?? file.path, pool)),
  ];
  if (members.every(({ kind }) => kind === 'directory')) throw holdsNoFile();
  return zipOf(members);
}

/** Puts the files of a zip into the pool, for the next push. */
export async function poolFiles(
  zip: Zip,
  pool: ResourcePool,
  { knownPaths, signal }: { knownPaths: ReadonlySet<string>; signal: AbortSignal },
): Promise<void> {
  for (const entry of zip.entries) {
    signal.throwIfAborted();
    if (entry.kind !== 'file' || !fitsPool(entry.size) || knownPaths.has(entry.path)) continue;
    await pool.add(Readable.from(zip.read(entry)));
  }
}

function memberOf(entry: ZipEntry, zip: Zip | undefined): ZipMember {
  const { path, kind, mode, modifiedAt } = entry;
  if (kind === 'directory') return { path, kind, mode, modifiedAt };
  const content = () => (kind === 'symlink' ? [Buffer.from(entry.target ?? '')] : (zip?.read(entry) ?? []));
  return { path, kind, mode, modifiedAt, open: () => Readable.from(content(), { objectMode: false }) };
}

function knownMember(file: KnownFile, path: string, pool: ResourcePool): ZipMember {
  return { path, kind: 'file', mode: modeOf(file.mode), open: () => contentOf(file, pool) };
}

function contentOf(file: KnownFile, pool: ResourcePool): Uint8Array | Readable {
  try {
    const content = pool.open(pooledFileOf(file));
    if (content instanceof Uint8Array) return content;
    const explained = Readable.from(explainMissing(content, file), { objectMode: false });
    explained.once('close', () => content.destroy());
    return explained;
  } catch (error) {
    throw error instanceof ResourceMissing ? notStored(file, error) : error;
  }
}

async function* explainMissing(content: Readable, file: KnownFile): AsyncGenerator<Buffer> {
  try {
    yield* content;
  } catch (error) {
    throw error instanceof ResourceMissing ? notStored(file, error) : error;
  }
}

function modeOf(octal: string | undefined): number {
  const mode = /^[0-7]{3,6}$/.test(octal ?? '') ? Number.parseInt(octal ?? '', 8) & 0o777 : 0o644;
  return mode | 0o600;
}

function holdsNoFile(): ActionableError {
  return new ActionableError(
    'BAD_INPUT',
    'The upload holds no file.',
    'Push from the directory the app is in, and look what its `.cfignore` leaves out.',
  );
}

function notStored(file: KnownFile, cause?: unknown): ActionableError {
  return new ActionableError(
    'BAD_INPUT',
    `The content of '${file.path}' was not sent, and is not stored here any more.`,
    'Push again: then it will be sent.',
    { cause },
  );
}
