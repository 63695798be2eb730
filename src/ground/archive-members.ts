import { whereLinkLeads } from './archive-links.ts';
import { readableSize } from './bytes.ts';
import { ActionableError } from './errors.ts';

/** How much an archive may hold. Checked against what it says before unpacking, and against what comes while unpacking. */
export interface ArchiveLimits {
  /** Members of all kinds. */
  readonly maxFiles: number;
  /** Of all files together, unpacked. */
  readonly maxBytes: number;
}

export const defaultArchiveLimits: ArchiveLimits = { maxFiles: 50_000, maxBytes: 2 * 1024 ** 3 };

export type MemberKind = 'file' | 'directory' | 'symlink';

interface Member {
  readonly kind: MemberKind;
  /** Of a symbolic link. */
  readonly target?: string;
  /** Only known as the parent of another member. */
  readonly implied?: boolean;
}

/** The longest name a file system here takes, in bytes. */
const maxNameBytes = 255;
/** Of one entry, in an archive that is only streamed. */
const maxOverheadBytes = 8 * 1024;

/**
 * The members of an untrusted archive by name, as far as they are known. It refuses those that would be written
 * outside their directory or over another one, and archives that are too large.
 * Every refusal is an ActionableError BAD_INPUT which names the entry and says what to do.
 */
export class MemberTable {
  readonly #archive: string;
  readonly #limits: ArchiveLimits;
  readonly #members = new Map<string, Member>();
  #entries = 0;
  #bytes = 0;
  #rawBytes = 0;

  /** @param archive what to call it in messages: `zip`, `tar` */
  constructor(archive: string, limits: ArchiveLimits) {
    this.#archive = archive;
    this.#limits = limits;
  }

  /**
   * Takes the next member. @returns its path from the top of the archive, without `.` and doubled or trailing `/`;
   * empty for the top itself
   * @param target of a symbolic link, which may point to what comes later: see `checkLinks`
   */
  add(name: string, kind: MemberKind, bytes: number, target?: string): string {
    this.#count(bytes);
    const path = this.pathOf(name);
    if (path === '') {
      if (kind === 'directory') return path;
      throw this.refuse(name, 'has no name', 'Make the archive again.');
    }
    this.#implyParents(path, name);
    const before = this.#members.get(path);
    const mayFollow = before === undefined || (before.kind === 'directory' && kind === 'directory');
    if (!mayFollow) throw this.#collision(name, before);
    this.#members.set(path, target === undefined ? { kind } : { kind, target });
    return path;
  }

  /** Refuses an archive that holds more than it may, before it is read. */
  expect(entries: number): void {
    if (entries > this.#limits.maxFiles) throw this.#tooMany(entries);
  }

  kindOf(path: string): MemberKind | undefined {
    return this.#members.get(path)?.kind;
  }

  /** To be called when all members are known: where a link leads may depend on every other link. */
  checkLinks(): void {
    for (const [path, { kind }] of this.#members) if (kind === 'symlink') this.#checkLink(path);
  }

  refuse(name: string, why: string, remedy: string, cause?: unknown): ActionableError {
    return new ActionableError('BAD_INPUT', `The ${this.#archive}'s entry ${shown(name)} ${why}.`, remedy, { cause });
  }

  /** Counts bytes of the archive itself: headers can be made to outweigh every file. */
  countRaw(bytes: number): void {
    this.#rawBytes += bytes;
    const overheadBytes = this.#limits.maxFiles * maxOverheadBytes;
    if (this.#rawBytes > this.#limits.maxBytes + overheadBytes) throw this.#tooLarge();
  }

  #count(bytes: number): void {
    this.#entries += 1;
    this.#bytes += bytes;
    if (this.#entries > this.#limits.maxFiles) throw this.#tooMany(this.#entries);
    if (this.#bytes > this.#limits.maxBytes) throw this.#tooLarge();
  }

  #tooLarge(): ActionableError {
    return new ActionableError(
      'BAD_INPUT',
      `The ${this.#archive} unpacks to more than the ${readableSize(this.#limits.maxBytes)} that are allowed.`,
      'Leave out what the app does not need to run: build products, caches, media files, `.git`.',
    );
  }

  #tooMany(entries: number): ActionableError {
    return new ActionableError(
      'BAD_INPUT',
      `The ${this.#archive} holds ${entries} entries or more; ${this.#limits.maxFiles} are allowed.`,
      'Leave out what the app does not need to run: build products, caches, `.git`.',
    );
  }

  /** What `add` makes of a name, without taking it. */
  pathOf(name: string): string {
    const remedy = 'Make the archive again from inside the directory, with relative names.';
    if (name.includes('\0')) throw this.refuse(name, 'has a NUL byte in its name', remedy);
    if (name.includes('\\')) throw this.refuse(name, 'has a backslash in its name', remedy);
    if (name.startsWith('/') || /^[A-Za-z]:/.test(name)) throw this.refuse(name, 'has an absolute name', remedy);
    const steps = name.split('/').filter((step) => step !== '' && step !== '.');
    if (steps.includes('..')) throw this.refuse(name, 'would leave the directory through `..`', remedy);
    if (steps.some((step) => Buffer.byteLength(step) > maxNameBytes)) {
      throw this.refuse(name, 'has a name that is too long', `Shorten it to ${maxNameBytes} bytes between two \`/\`.`);
    }
    return steps.join('/');
  }

  #implyParents(path: string, name: string): void {
    for (let at = path.lastIndexOf('/'); at > 0; at = path.lastIndexOf('/', at - 1)) {
      const parent = path.slice(0, at);
      const known = this.#members.get(parent);
      if (known?.kind === 'directory') return;
      if (known !== undefined) throw this.#throughNoDirectory(name, parent, known);
      this.#members.set(parent, { kind: 'directory', implied: true });
    }
  }

  #throughNoDirectory(name: string, parent: string, { kind }: Member): ActionableError {
    const what = kind === 'symlink' ? 'a symbolic link' : 'a file';
    const why = `would be written through ${shown(parent)}, which is ${what} in the same archive`;
    return this.refuse(name, why, 'Make the archive again from files that really lie there.');
  }

  #collision(name: string, before: Member): ActionableError {
    const why = before.implied === true ? 'has the name of a directory that holds other entries' : 'is there twice';
    return this.refuse(name, why, 'Make the archive again, with each file once.');
  }

  #checkLink(path: string): void {
    const target = this.#members.get(path)?.target ?? '';
    const leads = whereLinkLeads(path, (reached) => this.#members.get(reached)?.target);
    if (leads === 'inside') return;
    const why = `is a symbolic link to ${shown(target)}, which leads ${leads === 'outside' ? 'out of the directory' : leads}`;
    throw this.refuse(path, why, 'Replace the link by what it points to, or by a relative link that stays inside.');
  }
}

/** A name from outside, fit for a message. */
function shown(name: string): string {
  const text = name.length > 200 ? `${name.slice(0, 200)}…` : name;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not reach a terminal
  return `'${text.replace(/[\u0000-\u001f\u007f-\u009f]/g, '?')}'`;
}
