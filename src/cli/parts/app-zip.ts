import { createReadStream, statSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { ActionableError } from '#ground/errors.ts';
import { appFilesIn } from '../push/app-files.ts';

/**
 * Opens an app as a zip, again and again: a zip as it is, a folder packed at each time.
 * @throws ActionableError NOT_FOUND
 */
export function appZipOf(path: string): () => Promise<Readable> {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined) {
    throw new ActionableError('NOT_FOUND', `There is no ${path}.`, 'Name a zip, or a folder with an app.');
  }
  if (!found.isDirectory()) return async () => createReadStream(path);
  return async () => {
    const { zipOf } = await import('#ground/zip.ts');
    const members = appFilesIn(path).map(({ path: name, kind, mode, modifiedAt, target }) => ({
      path: name,
      kind,
      mode,
      modifiedAt,
      open: () => (target === undefined ? createReadStream(join(path, name)) : Readable.from([Buffer.from(target)])),
    }));
    return zipOf(members, { compressionLevel: 6 });
  };
}
