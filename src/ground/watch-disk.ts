import { statfs } from 'node:fs/promises';
import { measureDisk } from './measure-disk.ts';
import { sleep } from './wait.ts';

export interface DiskLimits {
  readonly directory: string;
  /** Bytes the directory may take. */
  readonly limitBytes: number;
  /** Bytes of its disk that have to stay free. */
  readonly keptFreeBytes: number;
}

/** What went beyond its limit. */
export interface DiskExcess {
  /** `used`: the directory is too large; `free`: too little of its disk is left; `files`: it has no room for files. */
  readonly what: 'used' | 'free' | 'files';
  /** Taken by the directory, or left of the disk: at least this much is too much, at most this much too little. */
  readonly bytes: number;
}

/** A watch over a directory. Disposing it ends the watch. */
export interface DiskWatch extends AsyncDisposable {
  /** Measures now. @returns what is beyond its limit */
  check(): Promise<DiskExcess | undefined>;
}

/** Asking how much of a disk is free costs nothing. */
const lookEveryMs = 200;
/** Of the time, measuring may take this part: little when there is no sign of an excess, else more. */
const shares = { routine: 0.02, suspicion: 0.2 };
const routineEveryMs = 10_000;
/** Of all files a disk can hold, this part has to stay free. */
const keptFreeFiles = 0.01;

/**
 * Watches a directory while others write into it, cheaply: it is measured when so much of the disk has gone since the last
 * time that it may have become too large, and now and then anyway.
 * @param exceeded told once; then the watch is over
 */
export function watchDisk(limits: DiskLimits, exceeded: (excess: DiskExcess) => void): DiskWatch {
  const stop = new AbortController();
  const gauge = new Gauge(limits, stop.signal);
  const watch = async () => {
    for (;;) {
      const excess = await gauge.look();
      if (excess !== undefined) return exceeded(excess);
      await sleep(lookEveryMs, stop.signal);
    }
  };
  const over = watch().catch(() => {}); // stopped; or the directory is gone, and with it what it took
  return {
    check: () => gauge.measure(),
    async [Symbol.asyncDispose]() {
      stop.abort(new Error('not watched any more'));
      await over;
    },
  };
}

class Gauge {
  readonly #limits: DiskLimits;
  readonly #signal: AbortSignal;
  /** What was there before the watch is counted when it is measured for the first time. */
  #measured: Measured | undefined;

  constructor(limits: DiskLimits, signal: AbortSignal) {
    this.#limits = limits;
    this.#signal = signal;
  }

  async look(): Promise<DiskExcess | undefined> {
    const { directory, limitBytes, keptFreeBytes } = this.#limits;
    const { bavail, bsize, files, ffree } = await statfs(directory);
    const freeBytes = bavail * bsize;
    if (freeBytes < keptFreeBytes) return { what: 'free', bytes: freeBytes };
    // Some file systems have no such number.
    if (files > 0 && ffree < files * keptFreeFiles) return { what: 'files', bytes: freeBytes };
    this.#measured ??= { bytes: 0, freeBytes, atMs: performance.now(), tookMs: 0 };
    const { bytes, freeBytes: before, atMs, tookMs } = this.#measured;
    const isSuspicious = bytes + Math.max(0, before - freeBytes) > limitBytes;
    const share = isSuspicious ? shares.suspicion : shares.routine;
    const dueMs = Math.max(isSuspicious ? 0 : routineEveryMs, tookMs / share);
    if (performance.now() - atMs < dueMs) return undefined;
    return this.measure(freeBytes);
  }

  async measure(freeBytes = this.#measured?.freeBytes ?? 0): Promise<DiskExcess | undefined> {
    const { directory, limitBytes } = this.#limits;
    const startedAt = performance.now();
    const bytes = await measureDisk(directory, limitBytes, this.#signal);
    const atMs = performance.now();
    this.#measured = { bytes, freeBytes, atMs, tookMs: atMs - startedAt };
    return bytes > limitBytes ? { what: 'used', bytes } : undefined;
  }
}

interface Measured {
  readonly bytes: number;
  /** Of the disk, at that time. */
  readonly freeBytes: number;
  readonly atMs: number;
  readonly tookMs: number;
}
