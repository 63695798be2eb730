import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import * as assert from 'uvu/assert';
import { sha256Of } from '#packaging/program-records.ts';
import { makeDebianPackage } from '../../scripts/package/debian.ts';
import { hostTarget } from '../../scripts/package/targets.ts';
import { scratchDirectory } from '../support/scratch.ts';
import { describe, type Scope } from '../support/spec.ts';
import { executable, machineFor } from './machine.ts';

const project = resolve('.');

async function run(program: string, ...args: readonly string[]): Promise<string> {
  const env = { PATH: `${process.env['PATH']}:/usr/sbin:/sbin`, LC_ALL: 'C', HOME: '/nonexistent' };
  return (await promisify(execFile)(program, args, { env })).stdout;
}

/** Makes the package of the executable in a directory of its own. @returns its path */
async function packaged(scope: Scope): Promise<string> {
  const dist = await scratchDirectory(scope);
  await cp(executable(), join(dist, basename(executable())));
  const target = hostTarget();
  assert.ok(target);
  const places = { project, downloads: join(project, '.cache/downloads'), work: dist, dist };
  const { name, sha256 } = await makeDebianPackage(target, places);
  assert.is(sha256, await sha256Of(join(dist, name)));
  return join(dist, name);
}

/** A root directory in which dpkg has not installed anything yet. */
async function emptyRoot(scope: Scope): Promise<string> {
  const root = await scratchDirectory(scope);
  for (const directory of ['info', 'updates', 'triggers']) {
    await mkdir(join(root, 'var/lib/dpkg', directory), { recursive: true });
  }
  await writeFile(join(root, 'var/lib/dpkg/status'), '');
  return root;
}

/** It says what it needs, and has nothing that would run when it is installed. */
async function checkControl(file: string): Promise<void> {
  const field = async (name: string) => (await run('dpkg-deb', '--field', file, name)).trim();
  assert.is(await field('Package'), 'localpaas');
  assert.is(basename(file), `localpaas_${await field('Version')}_${await field('Architecture')}.deb`);
  assert.match(await field('Depends'), /^libc6 \(>= 2\.\d\d\), libstdc\+\+6 \(>= \d+\), libgcc-s1$/);
  assert.ok(Number(await field('Installed-Size')) > 100_000);
  const entries = await run('dpkg-deb', '--ctrl-tarfile', file);
  for (const name of ['preinst', 'postinst', 'prerm', 'postrm', 'triggers']) assert.not.match(entries, `./${name}`);
}

async function checkContent(file: string): Promise<void> {
  const content = (await run('dpkg-deb', '--contents', file)).trim().split('\n');
  assert.ok(content.every((line) => /^[-d]rw(x|-)r-(x|-)r-(x|-) root\/root /.test(line)));
  const paths = content.map((line) => line.split(/\s+/)[5] ?? '');
  assert.equal(
    paths.filter((path) => !path.endsWith('/')),
    [
      './usr/bin/localpaas',
      './usr/share/bash-completion/completions/localpaas',
      './usr/share/doc/localpaas/changelog.gz',
      './usr/share/doc/localpaas/copyright',
      './usr/share/fish/vendor_completions.d/localpaas.fish',
      './usr/share/lintian/overrides/localpaas',
      './usr/share/man/man1/localpaas.1.gz',
      './usr/share/zsh/vendor-completions/_localpaas',
    ],
  );
}

async function checkInstallation(scope: Scope, file: string): Promise<void> {
  const root = await emptyRoot(scope);
  // The libraries it needs are those of this system.
  const dpkg = (...args: readonly string[]) =>
    run('unshare', '--map-root-user', 'dpkg', `--root=${root}`, '--force-depends', ...args);
  await dpkg('--install', file);

  const { ok } = await machineFor(scope, { program: join(root, 'usr/bin/localpaas') });
  assert.match(await ok('--version'), /^localpaas \d/);
  assert.match(await ok('doctor'), 'ok       nats-server');
  assert.is(await dpkg('--verify', 'localpaas'), '');

  await dpkg('--purge', 'localpaas');
  assert.not.ok(existsSync(join(root, 'usr')));
}

describe(
  'an executable',
  (it) => {
    it('is installed by install.sh', async (scope) => {
      const release = await scratchDirectory(scope);
      await symlink(executable(), join(release, basename(executable())));
      await writeFile(join(release, 'SHA256SUMS'), `${await sha256Of(executable())}  ${basename(executable())}\n`);
      const to = await scratchDirectory(scope);

      const said = await run('sh', 'scripts/install.sh', '--from', release, '--to', to);

      assert.match(said, /\nlocalpaas \d+\.\d+\.\d+\n$/);
      assert.is(await sha256Of(join(to, 'localpaas')), await sha256Of(executable()));
    });

    it('comes as a package for Debian that dpkg installs and removes, the same bytes when it is made again', async (scope) => {
      const file = await packaged(scope);
      await checkControl(file);
      await checkContent(file);
      await checkInstallation(scope, file);

      const umask = process.umask(0o077);
      scope.defer(() => {
        process.umask(umask);
      });
      const again = await packaged(scope);
      assert.ok((await readFile(again)).equals(await readFile(file)));
    });
  },
  { timeoutMs: 240_000 },
);
