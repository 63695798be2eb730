import type { PassThrough, Readable } from 'node:stream';
import { ZipFile } from 'yazl';

/** One thing to put into a zip. */
export interface ZipMember {
  /** Relative, with `/`. */
  readonly path: string;
  readonly kind: 'file' | 'directory' | 'symlink';
  /** Permission bits, e.g. 0o644; 0o644 and 0o755 (directories, links) when absent. */
  readonly mode?: number | undefined;
  /** Now when absent. */
  readonly modifiedAt?: Date | undefined;
  /** The file's bytes, or the target of a symbolic link. Called when it is this member's turn. Not for directories. */
  readonly open?: () => Readable | Promise<Readable>;
}

const typeBits = { file: 0o100000, directory: 0o040000, symlink: 0o120000 };

/**
 * A zip of `members` as a stream; it fails with the first member that fails. Destroying it closes what is open.
 * @param compressionLevel 0 stores: what stays on one machine is read faster than it is inflated
 */
export function zipOf(members: readonly ZipMember[], { compressionLevel = 0 } = {}): Readable {
  const zip = new ZipFile();
  const output = zip.outputStream as PassThrough; // what yazl makes of it
  let current: Readable | undefined;
  output.once('close', () => current?.destroy());
  zip.on('error', (error: Error) => output.destroy(error));

  // Directories first: yazl handles those that wait behind a file by recursion, and thousands would exhaust the stack.
  for (const member of members) {
    if (member.kind === 'directory') zip.addEmptyDirectory(member.path, attributesOf(member));
  }
  for (const member of members) {
    if (member.kind === 'directory') continue;
    zip.addReadStreamLazy(member.path, { ...attributesOf(member), compressionLevel }, (pass) => {
      void opened(member).then(
        (content) => {
          current = content;
          // yazl does not look at the errors of what it reads.
          content.once('error', (error) => output.destroy(error));
          if (output.destroyed) content.destroy();
          else pass(null, content);
        },
        (error: Error) => output.destroy(error),
      );
    });
  }
  zip.end();
  return output;
}

async function opened({ path, open }: ZipMember): Promise<Readable> {
  if (open === undefined) throw new TypeError(`Nothing opens '${path}'.`);
  return open();
}

function attributesOf({ kind, mode, modifiedAt }: ZipMember) {
  const permissions = mode ?? (kind === 'file' ? 0o644 : 0o755);
  return { mode: typeBits[kind] | (permissions & 0o777), ...(modifiedAt === undefined ? {} : { mtime: modifiedAt }) };
}
