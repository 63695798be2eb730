import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { extname } from 'node:path';
import { ActionableError, systemCodeOf } from '#ground/errors.ts';
import type { AppFile } from './app-file.ts';
import { appFilesIn } from './app-files.ts';

/** What is pushed: the files of a folder, or an archive as it is. */
export type PushSource =
  | { readonly kind: 'folder'; readonly path: string; readonly files: readonly AppFile[]; readonly sizeBytes: number }
  | { readonly kind: 'archive'; readonly path: string; readonly sizeBytes: number };

const archives = ['.zip', '.jar', '.war'];

/** Whether a path is a folder, an archive or neither. @throws ActionableError BAD_INPUT when there is nothing */
export function kindOf(path: string): 'folder' | 'archive' {
  const stats = statsOf(path);
  if (stats.isDirectory()) return 'folder';
  if (stats.isFile() && archives.includes(extname(path).toLowerCase())) return 'archive';
  throw new ActionableError(
    'BAD_INPUT',
    `${path} is neither a folder nor an archive.`,
    `Push the folder it lies in, or a ${archives.join(', ').replace(/, ([^,]*)$/, ' or $1')} file.`,
  );
}

/**
 * Looks at everything that is to be pushed.
 * @param leftOut patterns of files that stay at home, instead of those by habit
 * @throws ActionableError BAD_INPUT for what cannot be
 */
export function pushSource(path: string, leftOut?: readonly string[]): PushSource {
  if (kindOf(path) === 'folder') {
    const files = appFilesIn(path, leftOut);
    return { kind: 'folder', path, files, sizeBytes: files.reduce((sum, file) => sum + file.sizeBytes, 0) };
  }
  checkIsZip(path);
  return { kind: 'archive', path, sizeBytes: statsOf(path).size };
}

/** An archive begins with a member; one that begins with its end holds none. */
function checkIsZip(path: string): void {
  const start = Buffer.alloc(4);
  try {
    const file = openSync(path, 'r');
    readSync(file, start, 0, start.length, 0);
    closeSync(file);
  } catch (cause) {
    throw unreadable(path, cause);
  }
  const signature = start.toString('latin1');
  if (signature === 'PK\u0003\u0004') return;
  throw new ActionableError(
    'BAD_INPUT',
    signature === 'PK\u0005\u0006'
      ? `${path} is an empty archive.`
      : `${path} is not a zip archive, whatever its name says.`,
    'Make the archive anew, with the files of the app at its top.',
  );
}

function statsOf(path: string) {
  try {
    return statSync(path);
  } catch (cause) {
    throw unreadable(path, cause);
  }
}

function unreadable(path: string, cause: unknown): unknown {
  const code = systemCodeOf(cause);
  if (code === undefined) return cause;
  const why = code === 'ENOENT' || code === 'ENOTDIR' ? `There is no ${path}.` : `${path} cannot be read: ${code}.`;
  return new ActionableError(
    'BAD_INPUT',
    why,
    'Name the folder of the app: `localpaas push <path>`. A name of the app goes after `--name`.',
    { cause },
  );
}
