import { execFileSync } from 'node:child_process';
import { lstatSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Assets, CarriedAsset } from '#packaging/assets.ts';

const directories: readonly Assets[] = ['buildpacks', 'stacks', 'sample-apps'];

/** The files below the assets' directories which belong to the project, as an executable carries them. */
export function assetsOf(project: string): CarriedAsset[] {
  const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard', ...directories], {
    cwd: project,
    encoding: 'utf8',
  });
  const paths = listed.split('\0').filter((path) => path !== '');
  return paths.sort().map((path) => {
    const file = join(project, path);
    // Permissions beyond that differ from checkout to checkout.
    const mode = (lstatSync(file).mode & 0o100) === 0 ? 0o644 : 0o755;
    return { path, mode, content: readFileSync(file, 'base64') };
  });
}
