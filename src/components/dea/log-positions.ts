import { closeSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import type { Position } from './log-file.ts';

const Positions = v.record(v.string(), v.object({ inode: v.number(), offset: v.number() }));

/**
 * Remembers how far an instance's log files were read, for the process that comes after us. Each change is one write
 * of a fixed length into one small file, so that being killed leaves the old state or the new one. It is not synced:
 * a power cut ends the app as well, and there is nothing more to read.
 */
export class LogPositions {
  readonly #path: string;
  #written = '';

  constructor(directory: string, instance: string) {
    this.#path = join(directory, instance);
  }

  load(): Readonly<Record<string, Position>> {
    try {
      return v.parse(Positions, JSON.parse(readFileSync(this.#path, 'utf8')));
    } catch {
      return {}; // there is none yet: everything is read from the start
    }
  }

  save(positions: Readonly<Record<string, Position>>): void {
    const text = JSON.stringify(positions).padEnd(512);
    if (text === this.#written) return;
    const descriptor = openSync(this.#path, this.#written === '' ? 'w' : 'r+', 0o600);
    writeSync(descriptor, text, 0);
    closeSync(descriptor);
    this.#written = text;
  }

  remove(): void {
    rmSync(this.#path, { force: true });
  }
}
