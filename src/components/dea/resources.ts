import { readableSize } from '#ground/bytes.ts';

/** How full a DEA is. Memory is counted as reserved, not as used. */
export interface Resources {
  readonly maxMemoryMb: number;
  readonly reservedMemoryMb: number;
  readonly maxInstances: number;
  readonly instances: number;
  readonly minFreeDiskMb: number;
  readonly freeDiskMb: number;
  readonly maxDiskUsePercent: number;
  readonly diskUsePercent: number;
}

export function availableMemoryMb({ maxMemoryMb, reservedMemoryMb }: Resources): number {
  return maxMemoryMb - reservedMemoryMb;
}

/** Whether nothing more can be started, whatever its size. */
export function isFull(resources: Resources): boolean {
  return availableMemoryMb(resources) <= 0 || whyFull(resources) !== undefined;
}

/** Why an instance of this size cannot be started, in words that continue "It cannot be started: ". */
export function whyNoRoom(resources: Resources, memoryMb: number): string | undefined {
  const other = whyFull(resources);
  if (other !== undefined) return other;
  if (memoryMb <= availableMemoryMb(resources)) return undefined;
  const available = Math.max(0, availableMemoryMb(resources));
  return `it needs ${megabytes(memoryMb)} of memory, and ${megabytes(available)} of ${megabytes(resources.maxMemoryMb)} are left`;
}

/** Why nothing more can be started, for other reasons than memory; words like those of `whyNoRoom`. */
export function whyFull(resources: Resources): string | undefined {
  const { instances, maxInstances, freeDiskMb, minFreeDiskMb, diskUsePercent, maxDiskUsePercent } = resources;
  if (instances >= maxInstances) return `${maxInstances} instances run here, and no more are allowed`;
  if (freeDiskMb < minFreeDiskMb) return `the disk is nearly full: ${megabytes(freeDiskMb)} are left`;
  if (diskUsePercent > maxDiskUsePercent) return `the disk is ${Math.floor(diskUsePercent)} % full`;
  return undefined;
}

/**
 * How long to wait before answering "I can run this": the emptier of two DEAs answers first. The formula is that of
 * the original, so that both kinds share the load fairly.
 */
export function answerDelayMs({ maxMemoryMb, reservedMemoryMb }: Resources, instancesOfApp: number): number {
  const load = maxMemoryMb === 0 ? 1 : reservedMemoryMb / maxMemoryMb;
  return Math.min(250, 10 * instancesOfApp + 100 * load);
}

function megabytes(count: number): string {
  return readableSize(count * 1024 * 1024);
}
