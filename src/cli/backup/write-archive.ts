import { createWriteStream } from 'node:fs';
import { lstat, open, rename, rm, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { type Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { ActionableError, explainDiskError, systemCodeOf } from '#ground/errors.ts';
import { syncDirectory, temporaryNameFor } from '#ground/files.ts';
import type { Cli } from '../cli.ts';

/** Where an archive goes. */
export interface ArchiveTarget {
  /** For people. */
  readonly name: string;
  /** @returns how many bytes it has */
  write(archive: Readable): Promise<number>;
}

/** @throws ActionableError TAKEN when there is such a file and `force` does not allow to replace it; USAGE, NOT_FOUND */
export async function archiveTarget(cli: Cli, file: string, force: boolean): Promise<ArchiveTarget> {
  if (file === '-') return standardOutput(cli);
  const path = resolve(cli.workingDirectory, file);
  await checkTarget(path, force);
  return {
    name: path,
    async write(archive) {
      const temporary = temporaryNameFor(path);
      try {
        // What it holds is for its owner's eyes only: variables of apps, and the administrator's password.
        await pipeline(archive, createWriteStream(temporary, { flags: 'wx', mode: 0o600 }), { signal: cli.signal });
        await sync(temporary);
        await checkTarget(path, force);
        await rename(temporary, path);
        await syncDirectory(dirname(path));
        return (await stat(path)).size;
      } catch (error) {
        await rm(temporary, { force: true });
        cli.signal.throwIfAborted();
        throw explained(path, error);
      }
    },
  };
}

function explained(path: string, error: unknown): unknown {
  const code = systemCodeOf(error);
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') return unusable(path, error);
  return explainDiskError(error, `${path} could not be written, and was not`);
}

function standardOutput(cli: Cli): ArchiveTarget {
  if (cli.output.isTTY === true) {
    throw new ActionableError(
      'USAGE',
      'A backup is no text for a terminal.',
      'Name a file, or lead standard output somewhere: `localpaas backup - | ssh other "cat > localpaas.tar.gz"`.',
    );
  }
  return {
    name: 'standard output',
    async write(archive) {
      let bytes = 0;
      for await (const chunk of archive as AsyncIterable<Buffer>) {
        cli.signal.throwIfAborted();
        const isFull = cli.output.write(chunk) === false;
        if (isFull && cli.output instanceof Writable) await drained(cli.output, cli.signal);
        bytes += chunk.length;
      }
      return bytes;
    },
  };
}

async function drained(output: Writable, signal: AbortSignal): Promise<void> {
  if (!output.writableNeedDrain) return;
  await new Promise<void>((resolve, reject) => {
    output.once('drain', resolve).once('error', reject);
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}

async function checkTarget(path: string, force: boolean): Promise<void> {
  const found = await lstat(path).catch((error: unknown) => {
    if (systemCodeOf(error) === 'ENOENT') return undefined;
    throw unusable(path, error);
  });
  if (found === undefined) return checkFolder(path);
  if (!found.isFile()) {
    const what = found.isDirectory() ? 'a folder' : 'no plain file';
    throw new ActionableError(
      'USAGE',
      `${path} is ${what}.`,
      'Name the file to be written, or `-` for standard output.',
    );
  }
  if (force) return;
  throw new ActionableError('TAKEN', `There is a file ${path} already.`, 'Name another, or replace it with `--force`.');
}

async function checkFolder(path: string): Promise<void> {
  const folder = await stat(dirname(path)).catch((error: unknown) => {
    throw unusable(dirname(path), error);
  });
  if (!folder.isDirectory())
    throw new ActionableError('USAGE', `${dirname(path)} is no folder.`, 'Name a file in one.');
}

function unusable(path: string, cause: unknown): ActionableError {
  const code = systemCodeOf(cause);
  const what = code === 'ENOENT' ? 'There is no folder' : `This cannot be used (${code}):`;
  return new ActionableError('NOT_FOUND', `${what} ${path}.`, 'Make it, or name a file elsewhere.', { cause });
}

async function sync(path: string): Promise<void> {
  const file = await open(path, 'r+');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}
