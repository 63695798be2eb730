import { mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Script } from 'node:vm';
import { crc32Of } from '#ground/crc32.ts';

/** What one run needs of the program: the first runs components, as `up` does, and the second everything else. */
export type Half = 'program' | 'commands';

/** A program, and what V8 compiled of it when it ran. */
interface Compiled {
  readonly source: string;
  readonly code: Buffer;
}

/**
 * What V8 compiled of the program when it ran here earlier, for the next starts: a third less start-up time, more on a
 * slow board.
 */
export interface CompiledCode {
  /** `undefined` when there is none for this program, or it is damaged. */
  read(): Compiled | undefined;
  write(source: string, script: Script): void;
}

/** @param program tells one program from another @param half of it */
export function compiledCodeIn(directories: readonly string[], program: string, half: Half): CompiledCode {
  // V8 itself takes, and dies of, what another Node compiled.
  const head = `${half} ${program} ${process.version} ${process.arch} `;
  const name = `compiled-${half}-${program.slice(0, 16)}-${process.arch}`;
  const paths = directories.map((directory) => join(directory, name));
  return {
    read: () => firstOf(paths, (path) => contentOf(readFileSync(path), head)),
    write(source, script) {
      const checked = withSum(Buffer.from(`${head}${source.length}\n${source}`, 'latin1'), script.createCachedData());
      firstOf(paths, (path) => replace(path, checked));
    },
  };
}

/** The result of the first place that has one. */
function firstOf<T>(paths: readonly string[], work: (path: string) => T): T | undefined {
  for (const path of paths) {
    try {
      return work(path);
    } catch {
      // Not there, damaged, or not to be written: it saves time only, and the next place may do.
    }
  }
  return undefined;
}

function contentOf(file: Buffer, head: string): Compiled {
  const compiled = compiledIn(file);
  if (compiled.head !== head) throw new Error('made by another program');
  return compiled;
}

/** What lies in a file that was kept. @throws Error when it is damaged */
export function compiledIn(file: Buffer): Compiled & { readonly head: string } {
  const bytes = checked(file);
  const start = bytes.indexOf(10) + 1;
  const [, head = '', length] = /^(.* )(\d+)\n$/.exec(bytes.toString('latin1', 0, start)) ?? [];
  const end = start + Number(length);
  return { head, source: bytes.toString('latin1', start, end), code: bytes.subarray(end) };
}

const sumBytes = 4;

function withSum(...pieces: readonly Uint8Array[]): Buffer {
  const file = Buffer.concat([...pieces, Buffer.alloc(sumBytes)]);
  file.writeUInt32LE(crc32Of(file.subarray(0, -sumBytes)), file.length - sumBytes);
  return file;
}

/** What was given its sum. @throws Error when it is damaged */
function checked(file: Buffer): Buffer {
  const bytes = file.subarray(0, -sumBytes);
  if (file.length < sumBytes || file.readUInt32LE(bytes.length) !== crc32Of(bytes)) throw new Error('damaged');
  return bytes;
}

function replace(path: string, bytes: Uint8Array): true {
  const temporary = `${path}.${process.pid}.tmp`;
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  try {
    writeFileSync(temporary, bytes, { mode: 0o600 });
    if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) rmSync(path, { recursive: true });
    renameSync(temporary, path);
  } finally {
    rmSync(temporary, { force: true });
  }
  return true;
}
