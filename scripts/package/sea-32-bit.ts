import { copyFile, mkdtemp, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { inject } from 'postject';

/** Node's switch for "this is a single executable application" follows this text, after a colon. */
export const fuse = 'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2';

/**
 * The blob as Node 20.11 writes it (`node --experimental-sea-config`) on a 32-bit little-endian machine: magic number,
 * flags, then path and script, each after its length. Lengths are of type size_t, so a 64-bit Node cannot write it, and
 * pkg has no other way. Found equal, byte by byte, to what the armv7l Node writes.
 */
export function blobFor32Bits(script: string): Buffer {
  const noExperimentalWarning = 1;
  return Buffer.concat([
    number(0x01_43_da_20),
    number(noExperimentalWarning),
    ...[Buffer.from('localpaas.cjs'), Buffer.from(script)].flatMap((text) => [number(text.length), text]),
  ]);
}

function number(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

/** Makes a single executable application of a 32-bit Node 20.11 and one script, with the library which pkg uses. */
export async function makeExecutable32(script: string, node: string, work: string): Promise<Buffer> {
  const directory = await mkdtemp(join(work, 'postject-'));
  try {
    const path = join(directory, 'executable');
    await copyFile(node, path);
    await inject(path, 'NODE_SEA_BLOB', blobFor32Bits(script), { sentinelFuse: fuse });
    return await readFile(path);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
