import { execFileSync } from 'node:child_process';
import { chmod, lstat, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { makeRunnable, unpackDroplet } from '#components/dea/prepare-directory.ts';
import { scratchDirectory } from '../../support/scratch.ts';
import { describe, type Scope } from '../../support/spec.ts';
import { thrownBy } from '../../support/thrown.ts';
import { archiveOf, packDroplet } from './support.ts';

const limitBytes = 10_000_000;
/** Of a Sinatra app, by the stager of 2012. */
const asRecorded = join(import.meta.dirname, '../../workload/lifecycle/fixtures/sinatra.8f2fa00.startup.sh');

async function prepare(scope: Scope, archive: string, runtime?: string, maxBytes = limitBytes): Promise<string> {
  const directory = join(await scratchDirectory(scope), 'instance');
  await unpackDroplet(archive, directory, maxBytes);
  makeRunnable(directory, runtime);
  return directory;
}

describe('instance directory', (it) => {
  it('holds the droplet, and what a droplet may lack', async (scope) => {
    const { path } = await archiveOf(scope, { startup: '#!/bin/bash\n', 'app/app.js': 'the app' });

    const directory = await prepare(scope, path);

    assert.equal((await readdir(directory)).sort(), ['app', 'logs', 'startup', 'tmp']);
    assert.is(await readFile(join(directory, 'app/app.js'), 'utf8'), 'the app');
  });

  it('has a startup with the runtime wherever the token was', async (scope) => {
    const { path } = await archiveOf(scope, {
      startup: '%VCAP_LOCAL_RUNTIME% a.rb\nexec %VCAP_LOCAL_RUNTIME% "$@" # ü\n',
    });

    const directory = await prepare(scope, path, '/opt/ruby $& 1/bin/ruby');

    const startup = join(directory, 'startup');
    const runtime = `'/opt/ruby $& 1/bin/ruby'`;
    assert.is(await readFile(startup, 'utf8'), `${runtime} a.rb\nexec ${runtime} "$@" # ü\n`);
    assert.is((await lstat(startup)).mode & 0o777, 0o500);
  });

  it('leaves a startup without the token as it is, byte for byte, and makes it runnable', async (scope) => {
    const { path } = await packDroplet(scope, async (directory) => {
      await writeFile(join(directory, 'startup'), Buffer.from([0x23, 0xff, 0xfe, 0x0a]));
      await chmod(join(directory, 'startup'), 0o644);
    });

    const directory = await prepare(scope, path, '/usr/bin/node');

    assert.equal(await readFile(join(directory, 'startup')), Buffer.from([0x23, 0xff, 0xfe, 0x0a]));
    assert.is((await lstat(join(directory, 'startup'))).mode & 0o777, 0o500);
  });

  it('gets the library that a startup of 2012 asks Ruby for, unless the droplet has it or it would land elsewhere', async (scope) => {
    const startup = await readFile(asRecorded, 'utf8');
    const bare = await archiveOf(scope, { startup });
    const own = await archiveOf(scope, { startup, 'ruby/ubygems.rb': '# its own\n' });
    const elsewhere = await scratchDirectory(scope);
    const linked = await packDroplet(scope, async (directory) => {
      await writeFile(join(directory, 'startup'), startup);
      await symlink(elsewhere, join(directory, 'ruby'));
    });
    const other = await archiveOf(scope, { startup: '#!/bin/bash\necho -rubygems\n' });

    assert.is(await readFile(join(await prepare(scope, bare.path, '/usr/bin/ruby'), 'ruby/ubygems.rb'), 'utf8'), '');
    const kept = join(await prepare(scope, own.path, '/usr/bin/ruby'), 'ruby/ubygems.rb');
    assert.is(await readFile(kept, 'utf8'), '# its own\n');
    await prepare(scope, linked.path, '/usr/bin/ruby');
    assert.equal(await readdir(elsewhere), []);
    assert.not((await readdir(await prepare(scope, other.path))).includes('ruby'));
  });

  it('takes a droplet with links to programs of the machine', async (scope) => {
    const { path } = await packDroplet(scope, async (directory) => {
      await writeFile(join(directory, 'startup'), '');
      await symlink('/usr/bin/env', join(directory, 'app', 'env'));
    });

    const directory = await prepare(scope, path);

    assert.ok((await lstat(join(directory, 'app/env'))).isSymbolicLink());
  });

  it('is not made of a droplet without a startup', async (scope) => {
    const { path } = await archiveOf(scope, { 'app/app.js': '' });
    assert.match(
      (await thrownBy(() => prepare(scope, path))).message,
      'The droplet cannot be used: it has no `startup`, the script that starts the app.',
    );
  });

  it('is not made of a droplet whose startup or logs are something else', async (scope) => {
    const withLink = (name: string, target: string) =>
      packDroplet(scope, async (directory) => {
        if (name !== 'startup') await writeFile(join(directory, 'startup'), '');
        await symlink(target, join(directory, name));
      });

    const startup = await withLink('startup', '/bin/true');
    assert.match((await thrownBy(() => prepare(scope, startup.path))).message, 'its `startup` is not a file');
    const logs = await withLink('logs', '/etc');
    assert.match((await thrownBy(() => prepare(scope, logs.path))).message, 'its `logs` is not a directory');
  });

  it('is not made of something that is no archive', async (scope) => {
    const scratch = await scratchDirectory(scope);
    const page = join(scratch, 'page.tgz');
    await writeFile(page, '<html>404</html>');
    const cut = join(scratch, 'cut.tgz');
    const whole = await archiveOf(scope, { startup: 'x'.repeat(10_000) });
    await writeFile(cut, (await readFile(whole.path)).subarray(0, 60));

    assert.match((await thrownBy(() => prepare(scope, page))).message, 'cannot be read');
    assert.match((await thrownBy(() => prepare(scope, cut))).message, 'cannot be read');
  });

  it('is not made of an archive that would write elsewhere', async (scope) => {
    const scratch = await scratchDirectory(scope);
    await writeFile(join(scratch, 'evil'), 'evil');
    execFileSync('tar', ['-C', scratch, '-czPf', join(scratch, 'evil.tgz'), '--transform', 's,^,../../,', 'evil']);

    assert.match((await thrownBy(() => prepare(scope, join(scratch, 'evil.tgz')))).message, '../../evil');
  });

  it('is not made of a droplet larger than the disk limit', async (scope) => {
    const { path } = await archiveOf(scope, { startup: '', 'app/big': '\0'.repeat(2_000_000) });
    assert.match(
      (await thrownBy(() => prepare(scope, path, undefined, 1_000_000))).message,
      /unpacks to more than the 977K that are allowed/,
    );
  });
});
