import { closeSync, fstatSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import type { LogEntry } from '#ground/log.ts';

/** Bytes; two files of this size at most. */
const limitBytes = 2 * 1024 * 1024;

/** Writing takes longer than all else about a line, the more so while others sync their files. */
const gatherMs = 50;

/**
 * Writes the platform's log as JSON lines: a warning or an error at once, with what came before it, other lines a few at a
 * time. All of them are with the system when the process ends, unless it is killed. A full disk loses lines, and nothing else.
 */
export function openLogFile(path: string): { write(entry: LogEntry): void } & Disposable {
  let file = openSync(path, 'a', 0o600);
  let size = fstatSync(file).size;
  let gathered = '';
  let timer: NodeJS.Timeout | undefined;
  const rotate = () => {
    rmSync(`${path}.1`, { recursive: true, force: true }); // whatever it is by now
    closeSync(file);
    renameSync(path, `${path}.1`);
    file = openSync(path, 'a', 0o600);
    size = 0;
  };
  const flush = () => {
    clearTimeout(timer);
    timer = undefined;
    const lines = gathered;
    gathered = '';
    if (lines === '') return;
    try {
      size += writeSync(file, lines);
      if (size >= limitBytes) rotate();
    } catch {
      // There is nowhere left to say it.
    }
  };
  process.on('exit', flush);
  return {
    write({ at, level, event, fields }) {
      gathered += `${JSON.stringify({ at: at.toISOString(), level, event, ...fields })}\n`;
      if (level === 'warn' || level === 'error') flush();
      else timer ??= setTimeout(flush, gatherMs).unref();
    },
    [Symbol.dispose]() {
      flush();
      process.off('exit', flush);
      closeSync(file);
    },
  };
}
