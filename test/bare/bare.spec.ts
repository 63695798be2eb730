import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import * as assert from 'uvu/assert';
import { sha256Of } from '#packaging/program-records.ts';
import { makeDebianPackage } from '../../scripts/package/debian.ts';
import { hostTarget } from '../../scripts/package/targets.ts';
import { executable } from '../executables/machine.ts';
import { scratchDirectory } from '../support/scratch.ts';
import { describe, type Scope } from '../support/spec.ts';

const run = promisify(execFile);
const project = resolve('.');
/** The oldest Debian whose C library the carried nats-server can do with. */
const suite = 'bookworm';

/** The smallest Debian there is, made once and kept. */
async function smallestDebian(): Promise<string> {
  if (process.getuid?.() !== 0) throw new Error('This test needs root, to make a system and to enter it.');
  const directory = join(project, '.cache', `bare-${suite}`);
  if (existsSync(directory)) return directory;
  const scratch = `${directory}.${process.pid}.tmp`;
  try {
    await mkdir(scratch, { recursive: true });
    await run('debootstrap', ['--variant=minbase', suite, scratch], { maxBuffer: 10_000_000 });
    await rename(scratch, directory);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
  return directory;
}

/** A directory as people download it: executable, package, install.sh, sums. */
async function release(scope: Scope): Promise<string> {
  const dist = await scratchDirectory(scope);
  const name = basename(executable());
  await cp(executable(), join(dist, name));
  await cp('scripts/install.sh', join(dist, 'install.sh'));
  const target = hostTarget();
  assert.ok(target);
  await makeDebianPackage(target, { project, downloads: join(project, '.cache/downloads'), work: dist, dist });
  await writeFile(join(dist, 'SHA256SUMS'), `${await sha256Of(join(dist, name))}  ${name}\n`);
  await run('chmod', ['755', dist]);
  return dist;
}

describe('an executable on a bare Debian', (it) => {
  it(
    'is all a user without root, network, Node and npm needs to run an app',
    async (scope) => {
      const system = await smallestDebian();
      const scratch = await scratchDirectory(scope);
      const files = await release(scope);

      const args = ['--mount', '--net', '--pid', '--fork', '--kill-child', 'sh', 'test/bare/machine.sh'];
      const { stdout } = await run('unshare', [...args, system, scratch, files, resolve('sample-apps/hello-node')]);

      assert.match(stdout, 'Setting up localpaas (');
      assert.match(stdout, 'Installed /home/user/.local/bin/localpaas:\n');
      assert.match(stdout, /^HTTP\/1\.1 200 OK\r\n[\s\S]*\r\n\r\nHello from Node, instance 0\.\n/m);
      assert.match(stdout, 'status of nothing: 3\n');
      assert.match(stdout, /\nnats-server-\w+\nnats-server-\w+\.json\nnode-v/);
    },
    { timeoutMs: 290_000 },
  );
});
