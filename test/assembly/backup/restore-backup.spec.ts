import { execFile } from 'node:child_process';
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import * as assert from 'uvu/assert';
import { stateName } from '#assembly/backup/backup-record.ts';
import { restoreBackup } from '#assembly/backup/restore-backup.ts';
import { type Home, homeOf } from '#assembly/home.ts';
import { blobFileIn, readAccount, writtenState } from '#components/cloud-controller/index.ts';
import { ActionableError } from '#ground/errors.ts';
import { scratchDirectory } from '../../support/scratch.ts';
import { describe, type Scope } from '../../support/spec.ts';
import { thrownBy } from '../../support/thrown.ts';
import {
  account,
  archiveOf,
  dropletOf,
  homeWith,
  membersOf,
  packageOf,
  picture,
  sampleBackup,
  sha256Of,
  stateWith,
  withRecord,
  withText,
} from './sample-backup.ts';

const run = promisify(execFile);
const quiet = { step() {}, bytes() {} };
const signal = new AbortController().signal;

const restore = (home: Home, path: string, more = {}) =>
  restoreBackup(home, path, { signal, progress: quiet, ...more });

async function fileWith(scope: Scope, bytes: Buffer): Promise<string> {
  const path = join(await scratchDirectory(scope), 'backup.tar.gz');
  await writeFile(path, bytes);
  return path;
}

describe('restoring a backup', (it) => {
  it('puts state, bits and account into an empty home, for their owner alone', async (scope) => {
    const home = homeOf(join(await scratchDirectory(scope), 'home'), {});
    const path = await fileWith(scope, await sampleBackup(scope));

    const { aside } = await restore(home, path);

    assert.is(aside, undefined);
    const dataDir = home.directoryOf('cloud-controller');
    assert.equal(await writtenState(dataDir), stateWith(['one', 'two']));
    assert.equal(await readAccount(dataDir), account);
    for (const content of [packageOf('one'), dropletOf('one'), packageOf('two'), dropletOf('two')]) {
      assert.equal(await readFile(blobFileIn(dataDir, sha256Of(content))), content);
    }
    const entries = await readdir(home.path, { recursive: true, withFileTypes: true });
    for (const entry of entries) {
      const { mode } = await stat(join(entry.path, entry.name));
      assert.is(mode & 0o077, 0, `${entry.name} can be read by others`);
    }
  });

  it('makes a key of its own for tokens', async (scope) => {
    const path = await fileWith(scope, await sampleBackup(scope));
    const keys: string[] = [];
    for (const name of ['a', 'b']) {
      const home = homeOf(join(await scratchDirectory(scope), name), {});
      await restore(home, path);
      const identity = await readFile(join(home.directoryOf('cloud-controller'), 'identity.json'), 'utf8');
      keys.push((JSON.parse(identity) as { secret: string }).secret);
    }

    assert.match(keys[0] ?? '', /^[0-9a-f]{64}$/);
    assert.is.not(keys[0], keys[1]);
  });

  it('has routes keep their hosts below another domain', async (scope) => {
    const home = homeOf(join(await scratchDirectory(scope), 'home'), {});

    await restore(home, await fileWith(scope, await sampleBackup(scope)), { domain: 'pi.lan' });

    const state = await writtenState(home.directoryOf('cloud-controller'));
    assert.equal(
      state?.route.map(({ host, domain }) => `${host}.${domain}`),
      ['one.pi.lan', 'two.pi.lan'],
    );
  });

  it('changes nothing unless all of the file is good', async (scope) => {
    const { home } = await homeWith(scope, ['present']);
    const before = await picture(home.path);
    const good = await sampleBackup(scope);
    const [first, ...rest] = membersOf(good);
    const last = rest.at(-1);
    const spoiled = { path: last?.path ?? '', content: Buffer.alloc(last?.content?.length ?? 0) };
    const bad: Record<string, Buffer> = {
      'the last byte missing': good.subarray(0, -1),
      'the last member damaged': archiveOf([first ?? spoiled, ...rest.slice(0, -1), spoiled]),
      'a state without meaning': withText(good, stateName, '{}'),
      'more than any disk holds': withRecord(good, (record) => ({
        ...record,
        members: [...record.members, { name: `blobs/${'a'.repeat(64)}`, bytes: 2 ** 50, sha256: 'a'.repeat(64) }],
      })),
    };
    for (const [what, bytes] of Object.entries(bad)) {
      const path = await fileWith(scope, bytes);
      const error = await thrownBy(() => restore(home, path));
      assert.instance(error, ActionableError, error.stack);
      assert.equal(await picture(home.path), before, what);
    }
    const gone = homeOf(join(await scratchDirectory(scope), 'not', 'yet'), {});
    await thrownBy(async () => restore(gone, await fileWith(scope, good.subarray(0, -1))));
    assert.equal(await picture(gone.path), {});
  });

  it('says how much room it needs before it writes anything', async (scope) => {
    const good = await sampleBackup(scope);
    const large = withRecord(good, (record) => ({
      ...record,
      members: [...record.members, { name: `blobs/${'a'.repeat(64)}`, bytes: 2 ** 50, sha256: 'a'.repeat(64) }],
    }));
    const { home } = await homeWith(scope, []);

    const error = await thrownBy(async () => restore(home, await fileWith(scope, large)));

    assert.is((error as ActionableError).code, 'DISK_FULL');
    assert.match(error.message, /The backup needs 1024T, and .* are free where the home lies/);
  });

  it('leaves the old state in place when the disk fills up', async (scope) => {
    const home = join(await scratchDirectory(scope), 'home');
    await mkdir(home);
    const path = await fileWith(scope, await sampleBackup(scope));
    const script = join(import.meta.dirname, 'fill-disk.ts');
    // A small disk of one's own needs user namespaces, or root. It has room for the bytes, but not for the files.
    const fill = `mount -t tmpfs -o size=64m,nr_inodes=32 none "$1" && exec "$2" --import tsx "$3" "$1" "$4"`;

    const { stdout } = await run('unshare', ['-rm', 'sh', '-c', fill, 'sh', home, process.execPath, script, path]);

    const { code, message, isUnchanged, left } = JSON.parse(stdout);
    assert.is(code, 'DISK_FULL', message);
    assert.match(message, /has no room for this backup; it is as it was/);
    assert.ok(isUnchanged);
    assert.equal(left, []);
  });

  it('leaves the old state in place when it is interrupted', async (scope) => {
    const { home } = await homeWith(scope, ['present']);
    const before = await picture(home.path);
    const path = await fileWith(scope, await sampleBackup(scope));
    const stop = new AbortController();
    const progress = {
      step: (what: string) => {
        if (what === 'writing') stop.abort(new Error('enough'));
      },
      bytes() {},
    };

    const error = await thrownBy(() => restore(home, path, { signal: stop.signal, progress }));

    assert.is(error.message, 'enough');
    assert.equal(await picture(home.path), before);
  });
});
