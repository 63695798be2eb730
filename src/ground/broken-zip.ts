import { ActionableError, systemCodeOf } from './errors.ts';

/** What reading a zip failed with, in words for its owner; trouble with the disk passes unchanged. */
export function brokenZip(cause: unknown, entry?: string): unknown {
  if (cause instanceof ActionableError || isOfSystem(cause)) return cause;
  const where = entry === undefined ? 'The zip' : `The zip's entry '${entry}'`;
  return new ActionableError(
    'BAD_INPUT',
    `${where} cannot be read.`,
    'It is damaged, cut off, or no zip at all: make it again.',
    { cause },
  );
}

/** The disk fails with codes like EIO; zlib and the zip library fail with others or none. */
function isOfSystem(error: unknown): boolean {
  return /^E[A-Z0-9]+$/.test(systemCodeOf(error) ?? '');
}
