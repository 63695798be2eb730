import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { systemCodeOf } from '#ground/errors.ts';

/**
 * The beginning of a file in a directory where an app may write, or `undefined` when there is none. Links are not
 * followed and nothing is waited for: an app could point at a file that is not its own, or at a pipe. The calls are
 * synchronous: these are small files that were just written, and somebody waits for what they say.
 */
export function readAppFile(path: string, maxBytes: number): string | undefined {
  let descriptor: number | undefined;
  try {
    descriptor = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    if (!fstatSync(descriptor).isFile()) return undefined;
    const buffer = Buffer.alloc(maxBytes);
    return buffer.toString('utf8', 0, readSync(descriptor, buffer, 0, maxBytes, 0));
  } catch (error) {
    if (systemCodeOf(error) === undefined) throw error;
    return undefined;
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}
