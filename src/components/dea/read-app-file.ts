import { constants } from 'node:fs';
import { open } from 'node:fs/promises';

/**
 * The beginning of a file in a directory where an app may write, or `undefined` when there is none. Links are not
 * followed and nothing is waited for: an app could point at a file that is not its own, or at a pipe.
 */
export async function readAppFile(path: string, maxBytes: number): Promise<string | undefined> {
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK).catch(
    () => undefined,
  );
  if (file === undefined) return undefined;
  try {
    if (!(await file.stat()).isFile()) return undefined;
    const { buffer, bytesRead } = await file.read(Buffer.alloc(maxBytes), 0, maxBytes, 0);
    return buffer.toString('utf8', 0, bytesRead);
  } finally {
    await file.close();
  }
}
