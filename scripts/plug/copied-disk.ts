import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { runProgram, succeeded } from '../bench/run-program.ts';
import type { Disk } from './disk.ts';
import { freezeAllBelow } from './processes.ts';

/**
 * A directory that is put back to what it was when everything stood still. What was written stays, whether synced or not:
 * this shows what a crash at any moment does, and nothing of what the system had not written yet.
 * @param reason why it is no better one
 */
export async function openCopiedDisk(scratch: string, signal: AbortSignal, reason?: string): Promise<Disk> {
  const path = join(scratch, 'disk');
  const copy = join(scratch, 'disk-as-it-was');
  await mkdir(path);
  return {
    path,
    forgets: false,
    method: `the weaker form: a copy made while everything stood still${reason === undefined ? '' : `, because ${reason}`}`,
    async cut() {
      await freezeAllBelow(path);
      const call = { program: 'cp', args: ['-a', path, copy], env: { PATH: process.env['PATH'] ?? '' } };
      succeeded('cp', await runProgram(call, { signal }));
    },
    async restore() {
      await rm(path, { recursive: true, force: true });
      await rename(copy, path);
    },
  };
}
