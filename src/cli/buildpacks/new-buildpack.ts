import { existsSync, readdirSync } from 'node:fs';
import { chmod, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ActionableError, systemCodeOf } from '#ground/errors.ts';
import { temporaryNameFor } from '#ground/files.ts';
import { filesOfNewBuildpack } from './new-buildpack-files.ts';

export interface NewBuildpack {
  readonly name: string;
  readonly directory: string;
  readonly files: readonly string[];
}

/**
 * Writes a small buildpack that works, all of it or nothing.
 * @param directory missing, or empty
 * @throws ActionableError BAD_INPUT, TAKEN, HOME_NOT_WRITABLE
 */
export async function writeNewBuildpack(name: string, directory: string): Promise<NewBuildpack> {
  if (!/^[a-z][a-z0-9-]{0,49}$/.test(name)) {
    throw new ActionableError(
      'BAD_INPUT',
      `A buildpack cannot be called '${name}'.`,
      'Take small letters, digits and dashes, a letter first: `localpaas buildpack new my-pack --dir FOLDER`.',
    );
  }
  if (existsSync(directory) && !isEmpty(directory)) {
    throw new ActionableError('TAKEN', `${directory} is there already.`, 'Name another folder with --dir.');
  }
  const unfinished = temporaryNameFor(directory);
  const files = filesOfNewBuildpack(name);
  try {
    for (const { path, text, mode } of files) {
      const file = join(unfinished, path);
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, text);
      await chmod(file, mode);
    }
    await rename(unfinished, directory);
  } catch (error) {
    await rm(unfinished, { recursive: true, force: true });
    if (systemCodeOf(error) !== 'EACCES' && systemCodeOf(error) !== 'EROFS') throw error;
    throw new ActionableError('NOT_PERMITTED', `${directory} may not be written.`, 'Name another folder with --dir.', {
      cause: error,
    });
  }
  return { name, directory, files: files.map(({ path }) => path) };
}

function isEmpty(directory: string): boolean {
  try {
    return readdirSync(directory).length === 0;
  } catch {
    return false; // a file, or not ours to look into
  }
}
