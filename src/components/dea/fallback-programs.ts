import { rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ensureDirectory } from '#ground/files.ts';
import { provideOwnNode } from '#packaging/own-node.ts';
import type { Runtimes } from './runtimes.ts';
import { shellWord } from './shell-word.ts';

/**
 * Fills a directory that stands last in every app's PATH, so that only names this machine lacks are looked up in it:
 * `python` where there is only python3, `pip` where it is only a module, `node` where only the platform has one.
 */
export async function provideFallbackPrograms(directory: string, runtimes: Runtimes): Promise<void> {
  await rm(directory, { recursive: true, force: true });
  await ensureDirectory(directory);
  const python = runtimes.programOf('python');
  const node = runtimes.programOf('node');
  if (node !== undefined) await symlink(await provideOwnNode(node, process.env), join(directory, 'node'));
  if (python === undefined) return;
  await symlink(python, join(directory, 'python'));
  const pip = `#!/bin/sh\nexec ${shellWord(python)} -m pip "$@"\n`;
  await writeFile(join(directory, 'pip'), pip, { mode: 0o755 });
}
