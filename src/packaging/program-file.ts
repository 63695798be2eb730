import { existsSync, realpathSync } from 'node:fs';
import { executable } from './executable.ts';

/** The file that was started to run this program: the executable, or what Node runs in a checkout. */
export function programFile(): string {
  if (executable() !== undefined) return process.execPath;
  const script = process.argv[1] ?? '';
  return existsSync(script) ? realpathSync(script) : script; // a build tries what will have that name
}
