import { open } from 'node:fs/promises';

/** e_machine of ELF, and the CPU types of Mach-O, in the words of `process.arch`. */
const elfMachines: Readonly<Record<number, string>> = {
  3: 'ia32',
  8: 'mips',
  20: 'ppc',
  21: 'ppc64',
  22: 's390x',
  40: 'arm',
  62: 'x64',
  183: 'arm64',
  243: 'riscv64',
  258: 'loong64',
};
const machTypes: Readonly<Record<number, string>> = { 16777223: 'x64', 16777228: 'arm64' };

const headerBytes = 20;

/**
 * For which machines a program was made: its own header says so, while a 64-bit kernel may well run programs of 32 bits.
 * `null` for a script, or a file that cannot be read.
 */
export async function architectureOf(program: string): Promise<string | null> {
  const file = await open(program, 'r').catch(() => undefined);
  if (file === undefined) return null;
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(headerBytes), 0, headerBytes, 0);
    return bytesRead === headerBytes ? architectureIn(buffer) : null;
  } finally {
    await file.close();
  }
}

/** @param header its first 20 bytes */
export function architectureIn(header: Buffer): string | null {
  const magic = header.readUInt32BE(0);
  if (magic === 0x7f454c46) {
    const machine = header[5] === 2 ? header.readUInt16BE(18) : header.readUInt16LE(18);
    return elfMachines[machine] ?? `elf-${machine}`;
  }
  if (magic === 0xcffaedfe) return machTypes[header.readUInt32LE(4)] ?? null;
  return magic === 0xcafebabe ? 'universal' : null;
}
