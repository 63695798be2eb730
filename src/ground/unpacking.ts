import {
  chmodSync,
  closeSync,
  constants,
  fchmodSync,
  futimesSync,
  linkSync,
  mkdirSync,
  openSync,
  readdirSync,
  symlinkSync,
  writeSync,
} from 'node:fs';
import { rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ActionableError, explainDiskError, systemCodeOf } from './errors.ts';

/** A file that is being written. */
interface UnpackedFile {
  write(bytes: Uint8Array): void;
  /** May be called again, to no effect. */
  close(modifiedAt: Date | undefined): void;
}

/**
 * Writes the members of an archive into a directory of their own. Paths must have been checked by a MemberTable.
 * Symbolic links are made last, so nothing is ever written through one. The calls are synchronous, being several times
 * faster for small files than asynchronous ones; whoever unpacks many of them lets others run in between.
 */
export class Unpacking {
  readonly #root: string;
  readonly #made: string | undefined;
  readonly #directories = new Set<string>(['']);
  readonly #open = new Set<number>();
  readonly #links: { path: string; target: string }[] = [];

  /** @param directory is made when it is missing, and must be empty. @throws Error when it is not */
  constructor(directory: string) {
    this.#made = explained(directory, () => mkdirSync(directory, { recursive: true, mode: 0o700 }));
    if (readdirSync(directory).length > 0)
      throw new Error(`${directory} is not empty, so nothing is unpacked into it.`);
    this.#root = directory;
  }

  /** @param mode the owner always keeps reading, writing and entering */
  directory(path: string, mode: number): void {
    explained(path, () => {
      this.#ensure(path);
      if (path !== '') chmodSync(join(this.#root, path), (mode & 0o777) | 0o700);
    });
  }

  /** @param mode only its permission bits count */
  file(path: string, mode: number): UnpackedFile {
    const descriptor = explained(path, () => {
      this.#ensure(dirname(path));
      const flags = constants.O_CREAT | constants.O_EXCL | constants.O_WRONLY | (constants.O_NOFOLLOW ?? 0);
      const opened = openSync(join(this.#root, path), flags, 0o600);
      fchmodSync(opened, mode & 0o777);
      return opened;
    });
    this.#open.add(descriptor);
    return {
      write: (bytes) => explained(path, () => writeAll(descriptor, bytes)),
      close: (modifiedAt) => {
        if (!this.#open.delete(descriptor)) return;
        if (isTime(modifiedAt)) futimesSync(descriptor, modifiedAt, modifiedAt);
        closeSync(descriptor);
      },
    };
  }

  /** Another name for a file that was written before. */
  hardLink(path: string, existing: string): void {
    explained(path, () => {
      this.#ensure(dirname(path));
      linkSync(join(this.#root, existing), join(this.#root, path));
    });
  }

  /** Made by `finish`. */
  symlink(path: string, target: string): void {
    this.#links.push({ path, target });
  }

  /** Makes the links, when all files are written and closed. */
  finish(): void {
    if (this.#open.size > 0) throw new Error('A file was not written to its end.');
    for (const { path, target } of this.#links) {
      explained(path, () => {
        this.#ensure(dirname(path));
        symlinkSync(target, join(this.#root, path));
      });
    }
  }

  /** Closes what is open and removes everything again. */
  async abandon(): Promise<void> {
    for (const descriptor of this.#open) closeSync(descriptor);
    this.#open.clear();
    if (this.#made !== undefined) return rm(this.#made, { recursive: true, force: true });
    for (const name of readdirSync(this.#root)) await rm(join(this.#root, name), { recursive: true, force: true });
  }

  #ensure(path: string): void {
    const known = path === '.' ? '' : path;
    if (this.#directories.has(known)) return;
    this.#ensure(dirname(known));
    mkdirSync(join(this.#root, known), { mode: 0o755 });
    this.#directories.add(known);
  }
}

function writeAll(descriptor: number, bytes: Uint8Array): void {
  for (let written = 0; written < bytes.length; ) written += writeSync(descriptor, bytes, written);
}

function isTime(at: Date | undefined): at is Date {
  return at !== undefined && Number.isFinite(at.getTime());
}

function explained<T>(path: string, write: () => T): T {
  try {
    return write();
  } catch (error) {
    throw explain(error, path);
  }
}

/** What the file system does not take is the archive's fault, or the disk's. */
function explain(cause: unknown, path: string): unknown {
  const why = { ENAMETOOLONG: 'is too long', EILSEQ: 'has bytes this disk does not take', EEXIST: 'is there twice' };
  const code = systemCodeOf(cause) ?? '';
  if (!Object.hasOwn(why, code)) return explainDiskError(cause, `'${path}' could not be written`);
  return new ActionableError(
    'BAD_INPUT',
    `The name '${path}' ${why[code as keyof typeof why]} on this disk.`,
    'Rename the file and make the archive again; some disks take upper and lower case for the same.',
    { cause },
  );
}
