import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** In more room it would save 0.1 MB, and take so much more memory to unpack. */
const script = `
const { readFileSync, writeFileSync } = require('node:fs');
const { constants, zstdCompressSync } = require('node:zlib');
const params = { [constants.ZSTD_c_compressionLevel]: 19, [constants.ZSTD_c_windowLog]: 20 };
writeFileSync('packed', zstdCompressSync(readFileSync('content'), { params }));
`;

/** Whether a Node of this version packs and unpacks zstd: since 22.15. */
export function hasZstd(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major > 22 || (major === 22 && minor >= 15);
}

/** Packs by the zstd of another Node, since the one that runs this may have none. @param node the program */
export async function packByZstd(content: Uint8Array, node: string, work: string): Promise<Buffer> {
  const directory = await mkdtemp(join(work, 'zstd-'));
  try {
    await writeFile(join(directory, 'content'), content);
    await promisify(execFile)(node, ['-e', script], { cwd: directory, env: {} });
    return await readFile(join(directory, 'packed'));
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
