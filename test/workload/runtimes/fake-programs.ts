import { copyFile, mkdir, open, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';

/** The first bytes of an ELF file for a machine. */
export function elfHeader(machine: number, { isBigEndian = false } = {}): Buffer {
  const header = Buffer.alloc(20);
  header.write('\x7fELF', 'latin1');
  header[5] = isBigEndian ? 2 : 1;
  if (isBigEndian) header.writeUInt16BE(machine, 18);
  else header.writeUInt16LE(machine, 18);
  return header;
}

/** A program of this machine that tells no version; for another machine, when that is given. */
export async function placeProgram(path: string, machine?: number): Promise<string> {
  await mkdir(dirname(path), { recursive: true });
  await copyFile('/bin/true', path);
  if (machine === undefined) return path;
  const file = await open(path, 'r+');
  await file.write(elfHeader(machine), 18, 2, 18);
  await file.close();
  return path;
}

/** A script that says this, and counts in a file beside it how often it was asked. */
export async function placeScript(path: string, says: string, mode = 0o755): Promise<string> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, `#!/bin/sh\necho "$@" >> "$0.asked"\necho '${says}'\n`, { mode });
  return path;
}
