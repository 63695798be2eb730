import { accessSync, constants, statSync } from 'node:fs';
import { isAbsolute } from 'node:path';

/** Whether a path is a file that we may execute. */
export function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false; // not there, or not for us
  }
}

/** The directories of a PATH that are the same wherever one is. */
export function absoluteIn(path: string): string[] {
  return path.split(':').filter((directory) => isAbsolute(directory));
}
