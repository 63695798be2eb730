import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmod, cp, link, mkdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { gunzipSync } from 'node:zlib';
import * as assert from 'uvu/assert';
import { makeDebianPackage } from '../../scripts/package/debian.ts';
import { hostTarget } from '../../scripts/package/targets.ts';
import { sha256Of } from '#packaging/program-records.ts';
import { scratchDirectory } from '../support/scratch.ts';
import { describe, type Scope } from '../support/spec.ts';
import { executable, machineFor } from './machine.ts';

const run = promisify(execFile);
const project = resolve('.');

/** Makes the package of the executable in a directory of its own. @returns its path */
async function packaged(scope: Scope): Promise<string> {
  const dist = await scratchDirectory(scope);
  await cp(executable(), join(dist, basename(executable())));
  const target = hostTarget();
  assert.ok(target);
  const cache = join(project, '.cache');
  const places = { project, downloads: join(cache, 'downloads'), work: dist, dist };
  const { name, sha256 } = await makeDebianPackage(target, places);
  assert.is(sha256, await sha256Of(join(dist, name)));
  return join(dist, name);
}

describe(
  'an executable',
  (it) => {
    it('is installed by install.sh', async (scope) => {
      const release = await scratchDirectory(scope);
      const { home } = await machineFor(scope);
      await symlink(executable(), join(release, basename(executable())));
      await writeFile(join(release, 'SHA256SUMS'), `${await sha256Of(executable())}  ${basename(executable())}\n`);

      const to = join(home, 'bin');
      const { stdout } = await run('sh', ['scripts/install.sh', '--from', release, '--to', to], { env: { PATH: process.env['PATH'], HOME: home } });

      assert.match(stdout, /\nlocalpaas \d+\.\d+\.\d+\n$/);
      assert.is(await sha256Of(join(to, 'localpaas')), await sha256Of(executable()));
    });

    it('is in a package for Debian, the same bytes each time, that dpkg installs', async (scope) => {
      const file = await packaged(scope);
      const { stdout: control } = await run('dpkg-deb', ['--field', file]);
      const { stdout: content } = await run('dpkg-deb', ['--contents', file]);
    });
  },
  { timeoutMs: 120_000 },
);
