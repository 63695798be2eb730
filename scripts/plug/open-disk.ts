import type { AsyncDisposableStack } from '#ground/async-disposable-stack.ts';
import { ActionableError, messageOf } from '#ground/errors.ts';
import { openCopiedDisk } from './copied-disk.ts';
import type { Disk, DiskKind } from './disk.ts';
import { openLoopDisk } from './loop-disk.ts';

interface DiskOptions {
  /** The best that can be had when absent. */
  readonly kind?: DiskKind | undefined;
  /** An existing directory, for its files. */
  readonly scratch: string;
  readonly signal: AbortSignal;
}

/** @param scope owns it: at its end nothing of it is left @throws ActionableError when this kind cannot be had here */
export async function openDisk(scope: AsyncDisposableStack, options: DiskOptions): Promise<Disk> {
  const { kind, scratch, signal } = options;
  if (kind === 'copy') return await openCopiedDisk(scratch, signal);
  try {
    return scope.use(await openLoopDisk(scratch, kind === 'strict', signal));
  } catch (error) {
    signal.throwIfAborted();
    if (kind === undefined) return await openCopiedDisk(scratch, signal, messageOf(error));
    throw new ActionableError(
      'START_FAILED',
      `A disk of kind '${kind}' cannot be had: ${messageOf(error)}.`,
      'Run it as root on a Linux with loop devices, or choose another with `--disk`.',
      { cause: error },
    );
  }
}
