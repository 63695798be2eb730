import { closeSync, constants, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';

interface Excess {
  readonly what: 'memory' | 'disk';
  readonly limitMb: number;
  readonly usedBytes: number;
}

/** Leaves the reason why an instance is ended where users of 2012 looked for it: two lines in `logs/err.log`. */
export function noteExceeded(directory: string, { what, limitMb, usedBytes }: Excess): void {
  const limit = what === 'memory' ? 'Memory limit' : 'Disk usage limit';
  const usedMb = Math.ceil(usedBytes / (1024 * 1024));
  const lines = `${limit} of ${limitMb}M exceeded.\nActual usage was ${usedMb}M, process terminated.\n`;
  // The app may have put a link or a pipe there.
  const flags =
    constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  try {
    const file = openSync(join(directory, 'logs', 'err.log'), flags, 0o644);
    try {
      writeSync(file, lines);
    } finally {
      closeSync(file);
    }
  } catch {
    // The app's own doing, or a full disk: the log and the exit message say the same.
  }
}
