import { open, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { syncDirectory } from '#ground/files.ts';
import type { Disk } from './disk.ts';

const content = 'a line of a control\n'.repeat(1_000);

/**
 * Cuts the power of an empty disk and looks what became of a synced file and of an unsynced one: without the loss of the
 * second a run would prove nothing.
 * @returns what was seen, as a sentence
 * @throws Error when the disk does not do what it says
 */
export async function control(disk: Disk): Promise<string> {
  await write(disk, 'synced', true);
  await write(disk, 'unsynced', false);
  await disk.cut();
  await disk.restore();

  const kept = await readdir(disk.path);
  const synced = await readFile(join(disk.path, 'synced'), 'utf8').catch(() => undefined);
  const unsynced = kept.includes('unsynced') ? await readFile(join(disk.path, 'unsynced'), 'utf8') : undefined;
  if (synced !== content) throw new Error('The control failed: a file that was synced did not survive the cut.');
  if (disk.forgets && unsynced === content) {
    throw new Error('The control failed: a file that was not synced survived the cut, so a run would prove nothing.');
  }
  return disk.forgets ? 'a synced file was kept, an unsynced one was lost' : 'synced and unsynced files were both kept';
}

async function write({ path }: Disk, name: string, sync: boolean): Promise<void> {
  await using file = await open(join(path, name), 'wx');
  await file.writeFile(content);
  if (!sync) return;
  await file.sync();
  await syncDirectory(path);
}
