import { createHash } from 'node:crypto';

/** Of a text, or of bytes; several are taken one after the other, as if they were one. */
export function sha256Of(...pieces: readonly (string | Uint8Array)[]): string {
  const hash = createHash('sha256');
  for (const piece of pieces) hash.update(piece);
  return hash.digest('hex');
}
