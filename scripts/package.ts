/**
 * Makes the executables, in dist/: all that run under this machine's kind of system, or those named.
 *
 *     npm run package [-- [--out DIR] [--deb] TARGET…]        linux-x64 linux-arm64 linux-armv7l macos-x64 macos-arm64
 *
 * `--deb` makes a package for Debian and its relatives of each, too.
 */
import { copyFile, readdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import * as esbuild from 'esbuild';
import { messageOf } from '#ground/errors.ts';
import { replaceFile } from '#ground/files.ts';
import { sha256Of } from '#packaging/program-records.ts';
import { makeDebianPackage } from './package/debian.ts';
import { makeTarget } from './package/make-target.ts';
import { type Target, type TargetName, targets } from './package/targets.ts';

const project = join(import.meta.dirname, '..');
const cache = join(project, '.cache');

/** What people download. */
const downloads = /^(localpaas-(linux|macos)-\w+|localpaas_.*\.deb|install\.sh)$/;

try {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { out: { type: 'string' }, deb: { type: 'boolean', default: false } },
  });
  const places = {
    project,
    downloads: join(cache, 'downloads'),
    work: join(cache, 'package'),
    dist: resolve(values.out ?? join(project, 'dist')),
  };
  const { version } = JSON.parse(await readFile(join(project, 'package.json'), 'utf8')) as { version: string };
  for (const target of wanted(positionals)) {
    await makeTarget(target, version, places);
    if (values.deb) await makeDebianPackage(target, places);
  }
  await copyFile(join(project, 'scripts', 'install.sh'), join(places.dist, 'install.sh'));
  await writeSums(places.dist);
} catch (error) {
  console.error(`The executables could not be made: ${messageOf(error)}`);
  process.exitCode = 1;
} finally {
  await esbuild.stop(); // its service would keep this process
}

function wanted(names: readonly string[]): Target[] {
  const system = process.platform === 'darwin' ? 'macos' : 'linux';
  const all = Object.values(targets);
  if (names.length === 0) return all.filter(({ name }) => name.startsWith(system));
  return names.map((name) => {
    const target = targets[name as TargetName];
    if (target === undefined) throw new Error(`there is no target ${name}; say of ${Object.keys(targets).join(', ')}`);
    return target;
  });
}

/** Of everything there that can be downloaded, also what an earlier run made. */
async function writeSums(directory: string): Promise<void> {
  const names = (await readdir(directory)).filter((name) => downloads.test(name)).sort();
  const lines = await Promise.all(names.map(async (name) => `${await sha256Of(join(directory, name))}  ${name}\n`));
  await replaceFile(join(directory, 'SHA256SUMS'), lines.join(''), { mode: 0o644 });
}
