import { closeSync, fstatSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import type { LogEntry } from '#ground/log.ts';

/** Bytes; two files of this size at most. */
const limitBytes = 2 * 1024 * 1024;

/**
 * Writes the platform's log as JSON lines. Each line is with the system when `write` returns, so that the last words
 * before a crash are there. A full disk loses lines, and nothing else.
 */
export function openLogFile(path: string): { write(entry: LogEntry): void } & Disposable {
  let file = openSync(path, 'a', 0o600);
  let size = fstatSync(file).size;
  const rotate = () => {
    rmSync(`${path}.1`, { recursive: true, force: true }); // whatever it is by now
    closeSync(file);
    renameSync(path, `${path}.1`);
    file = openSync(path, 'a', 0o600);
    size = 0;
  };
  return {
    write({ at, level, event, fields }) {
      const line = `${JSON.stringify({ at: at.toISOString(), level, event, ...fields })}\n`;
      try {
        size += writeSync(file, line);
        if (size >= limitBytes) rotate();
      } catch {
        // There is nowhere left to say it.
      }
    },
    [Symbol.dispose]: () => closeSync(file),
  };
}
