import { execFileSync } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { scratchDirectory } from './scratch.ts';
import type { Scope } from './spec.ts';

/** A droplet with these scripts, as a file. */
export async function tarOf(scope: Scope, scripts: Readonly<Record<string, string>>): Promise<string> {
  const folder = await scratchDirectory(scope);
  const content = join(folder, 'content');
  for (const name of ['app', 'logs', 'tmp']) await mkdir(join(content, name), { recursive: true });
  for (const [name, text] of Object.entries(scripts)) await writeFile(join(content, name), text, { mode: 0o500 });
  const path = join(folder, 'droplet.tgz');
  execFileSync('tar', ['-czf', path, '-C', content, '.']);
  return path;
}
