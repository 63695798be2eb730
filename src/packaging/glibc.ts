import { closeSync, openSync, readFileSync, readSync } from 'node:fs';
import { ActionableError } from '#ground/errors.ts';
import { howToGetAnother } from './nats-server-version.ts';

/** The names of versions lie near the beginning of the library. */
const beginningBytes = 256 * 1024;

/**
 * A program that was not linked statically runs on systems as new as the one it was built on, and newer ones: those whose
 * C library has the symbols of that version. Where the library cannot be read, running the program will tell.
 * @param needed as in `2.34`
 * @throws ActionableError PROGRAM_NOT_FOUND
 */
export function requireGlibc(needed: string, path: string | undefined = libraryOfThisProcess()): void {
  if (path === undefined || has(beginningOf(path), needed)) return;
  const library = readFileSync(path);
  if (has(library, needed)) return;
  const banner = library.indexOf('GNU C Library ');
  if (banner < 0) return; // another one, and it says what it lacks
  const [, found = 'an older one'] = / version (\d+\.\d+)/.exec(library.toString('latin1', banner, banner + 200)) ?? [];
  throw new ActionableError(
    'PROGRAM_NOT_FOUND',
    `The nats-server which localpaas carries needs glibc ${needed}, and this system has ${found}.`,
    howToGetAnother(),
  );
}

function libraryOfThisProcess(): string | undefined {
  try {
    return /\/\S*\/libc[.-]\S*$/m.exec(readFileSync('/proc/self/maps', 'latin1'))?.[0];
  } catch {
    return undefined;
  }
}

function beginningOf(path: string): Buffer {
  const file = openSync(path, 'r');
  try {
    const bytes = Buffer.alloc(beginningBytes);
    return bytes.subarray(0, readSync(file, bytes, 0, bytes.length, 0));
  } finally {
    closeSync(file);
  }
}

function has(library: Buffer, version: string): boolean {
  return library.includes(`\0GLIBC_${version}\0`, 0, 'latin1');
}
