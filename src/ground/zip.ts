import { once } from 'node:events';
import type { PassThrough, Readable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { ZipFile } from 'yazl';

/** One thing to put into a zip. */
export interface ZipMember {
  readonly path: string;
  readonly kind: 'file' | 'directory' | 'symlink';
  /** Permission bits; 0644, or 0755 for a directory, when absent. */
  readonly mode?: number | undefined;
  /** Now when absent. */
  readonly modifiedAt?: Date | undefined;
  /**
   * The file's bytes, or the target of a symbolic link. Called when it is this member's turn. Not for directories. All
   * bytes at once are much quicker than a stream of a small file.
   */
  readonly open?: () => Uint8Array | Readable | Promise<Readable>;
}

const typeBits = { file: 0o100000, directory: 0o040000, symlink: 0o120000 };
/** No more than this waits to be read. */
const mostWaitingBytes = 256 * 1024;

/**
 * A zip of `members` as a stream, directories first; it fails with the first member that fails. Destroying it closes
 * what is open.
 * @param compressionLevel 0 stores: what stays on one machine is read faster than it is inflated
 */
export function zipOf(members: readonly ZipMember[], { compressionLevel = 0 } = {}): Readable {
  const zip = new ZipFile();
  const output = zip.outputStream as PassThrough; // what yazl makes of it
  zip.on('error', (error: Error) => output.destroy(error));
  fill(zip, output, members, compressionLevel).catch((error: Error) => output.destroy(error));
  return output;
}

async function fill(
  zip: ZipFile,
  output: PassThrough,
  members: readonly ZipMember[],
  compressionLevel: number,
): Promise<void> {
  // yazl handles directories that wait behind a file by recursion, and thousands would exhaust the stack.
  for (const member of members) {
    if (member.kind === 'directory') zip.addEmptyDirectory(member.path, attributesOf(member));
  }
  for (const member of members) {
    if (member.kind === 'directory') continue;
    const content = await opened(member);
    const attributes = { ...attributesOf(member), compressionLevel };
    if (content instanceof Uint8Array) {
      zip.addBuffer(Buffer.from(content.buffer, content.byteOffset, content.length), member.path, attributes);
      await nextTurn(); // yazl writes one in each turn
    } else {
      await addStream(zip, output, content, member.path, attributes);
    }
    while (output.writableLength > mostWaitingBytes && !output.destroyed) await drainOf(output);
    if (output.destroyed) return;
  }
  zip.end();
}

/** Resolves when all of it was read. */
async function addStream(
  zip: ZipFile,
  output: PassThrough,
  content: Readable,
  path: string,
  attributes: object,
): Promise<void> {
  const close = () => void content.destroy();
  output.once('close', close);
  if (output.destroyed) close();
  // yazl does not look at the errors of what it reads.
  const read = finished(content, { writable: false });
  zip.addReadStream(content, path, attributes);
  await read;
  output.off('close', close);
}

/** Resolves when more can be written, or nobody reads any more. */
async function drainOf(output: PassThrough): Promise<void> {
  const gone = new AbortController();
  await Promise.race([once(output, 'drain', gone), once(output, 'close', gone)]).finally(() => gone.abort());
}

async function opened({ path, open }: ZipMember): Promise<Uint8Array | Readable> {
  if (open === undefined) throw new TypeError(`Nothing opens '${path}'.`);
  return open();
}

function attributesOf({ kind, mode, modifiedAt }: ZipMember) {
  const permissions = mode ?? (kind === 'file' ? 0o644 : 0o755);
  const time = modifiedAt === undefined ? {} : { mtime: tellable(modifiedAt) };
  return { mode: typeBits[kind] | (permissions & 0o777), ...time };
}

/** What both fields of a zip can hold, of which one begins in 1980 and the other ends with 31 bits. */
function tellable(time: Date): Date {
  return new Date(Math.min(0x7fffffff * 1000, Math.max(Date.UTC(1980, 0, 2), time.getTime())));
}
