import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, copyFile, mkdir, open, readdir, readFile, stat, truncate, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import * as assert from 'uvu/assert';
import { makeExecutable } from '../support/executables.ts';
import { install } from '../support/installed.ts';
import { emptyHome, environmentOf, type Ran, runCommand } from '../support/localpaas.ts';
import { scratchDirectory } from '../support/scratch.ts';
import { describe, type Scope } from '../support/spec.ts';

/** An executable that is installed, and files beside it that somebody might take for a new version. */
interface Place {
  readonly path: string;
  readonly directory: string;
  upgrade(...args: string[]): Promise<Ran>;
}

async function placeOf(scope: Scope, version = '1.0.0'): Promise<Place> {
  const path = await install(scope, version);
  const env = await environmentOf(await emptyHome(scope));
  return {
    path,
    directory: await scratchDirectory(scope),
    upgrade: (...args) => runCommand(['upgrade', ...args], env),
  };
}

/** The first bytes say another machine. */
async function makeForOther(path: string): Promise<void> {
  const file = await open(path, 'r+');
  const { buffer } = await file.read(Buffer.alloc(2), 0, 2, 18);
  buffer.writeUInt16LE(buffer.readUInt16LE() === 183 ? 62 : 183);
  await file.write(buffer, 0, 2, 18);
  await file.close();
}

async function flipByte(path: string, at: number): Promise<void> {
  const file = await open(path, 'r+');
  const { buffer } = await file.read(Buffer.alloc(1), 0, 1, at);
  await file.write(Buffer.from([(buffer[0] ?? 0) ^ 1]), 0, 1, at);
  await file.close();
}

/** To root every directory is writable. */
async function upgradeAsNobody(scope: Scope, path: string, file: string): Promise<Ran> {
  const home = await scratchDirectory(scope);
  for (const each of [home, dirname(path), dirname(file)]) await chmod(each, each === home ? 0o777 : 0o755);
  const env = { ...(await environmentOf(home)), LOCALPAAS_CACHE: join(home, 'cache') };
  const as = ['--reuid=65534', '--regid=65534', '--clear-groups', path, 'upgrade', '--from', file];
  const child = spawn('setpriv', as, { env, cwd: '/', stdio: ['ignore', 'pipe', 'pipe'] });
  const [out, err, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  return { out, err, code };
}

describe('upgrade', (it) => {
  it(
    'refuses what is no executable for this machine, with what to do',
    async (scope) => {
      const { path, directory, upgrade } = await placeOf(scope);
      const before = await stat(path);
      const file = (name: string) => join(directory, name);
      await writeFile(file('notes.txt'), 'Release notes\n');
      await writeFile(file('script'), '#!/bin/sh\necho localpaas 9.9.9\n', { mode: 0o755 });
      await writeFile(file('archive.xz'), Buffer.from('\xfd7zXZ\0\0\0', 'latin1'));
      await writeFile(file('empty'), '');
      await mkdir(file('directory'));

      for (const [name, expected] of [
        ['notes.txt', 'it is a text'],
        ['script', 'it is a script'],
        ['archive.xz', 'unpack it'],
        ['empty', 'it is empty'],
        ['directory', 'is a directory'],
        ['missing', 'cannot be read: ENOENT'],
        ['/dev/null', 'is no regular file'],
        [path, 'is the installed executable itself'],
        ['/bin/true', 'its end is missing'],
      ] as const) {
        const { code, out, err } = await upgrade('--from', name.startsWith('/') ? name : file(name));
        assert.is(code, 2, `${name}: ${err}`);
        assert.is(out, '');
        assert.match(err, expected);
        assert.not.match(err, 'bug');
      }
      const address = await upgrade('--from', 'https://localhost/localpaas');
      assert.match(address.err, 'is an address');

      assert.equal(await readdir(dirname(path)), ['localpaas']);
      assert.is((await stat(path)).ino, before.ino);
    },
    { timeoutMs: 120_000 },
  );

  it(
    'refuses the build for another machine, and what is not as it was built',
    async (scope) => {
      const { path, directory, upgrade } = await placeOf(scope);
      const fresh = await makeExecutable(join(directory, 'fresh'), { version: '1.1.0' });
      const { size } = await stat(fresh);

      for (const [damage, expected] of [
        [(file: string) => makeForOther(file), /is the build for \w+; this machine is \w+/],
        [(file: string) => truncate(file, size - 1), /its end is missing/],
        [(file: string) => truncate(file, 1_000_000), /its end is missing/],
        [(file: string) => flipByte(file, 40_000_000), /its Node is not as it was built/],
        [(file: string) => flipByte(file, size - 5_000_000), /is not as it was built/],
      ] as const) {
        const file = join(directory, 'damaged');
        await copyFile(fresh, file);
        await damage(file);

        const { code, err } = await upgrade('--from', file);

        assert.is(code, 2, err);
        assert.match(err, expected);
        assert.match(err, file);
      }
      assert.equal(await readdir(dirname(path)), ['localpaas']);
    },
    { timeoutMs: 120_000 },
  );

  it(
    'installs an older version only when it is forced, and says when there is nothing to do',
    async (scope) => {
      const { path, directory, upgrade } = await placeOf(scope);
      const [older, same] = [join(directory, 'older'), join(directory, 'same')];
      await makeExecutable(older, { version: '0.9.0' });
      await chmod(older, 0o644); // as downloads are
      await makeExecutable(same, { version: '1.0.0' });

      const refused = await upgrade('--from', older);
      assert.is(refused.code, 2);
      assert.match(refused.err, 'older than the installed 1.0.0');
      assert.match(refused.err, '--force');
      const nothing = await upgrade('--from', same, '--json');
      assert.equal(JSON.parse(nothing.out), { changed: false, version: '1.0.0', path });
      const forced = await upgrade('--from', older, '--force', '--json');
      assert.equal(JSON.parse(forced.out), { changed: true, from: '1.0.0', to: '0.9.0', path, platform: null });

      assert.ok((await readFile(path)).equals(await readFile(older)));
      assert.match((await upgrade('--rollback')).out, 'No platform runs');
      assert.ok((await readFile(path)).equals(await readFile(same)));
    },
    { timeoutMs: 120_000 },
  );

  it(
    'goes back also by the name of the version before, and says when there is none',
    async (scope) => {
      const { path, directory, upgrade } = await placeOf(scope);
      const nothing = await upgrade('--rollback');
      assert.is(nothing.code, 1);
      assert.match(nothing.err, 'There is nothing to go back to');
      await upgrade('--from', await makeExecutable(join(directory, 'fresh'), { version: '1.1.0' }));
      await writeFile(path, 'damaged by the disk');

      process.env['LOCALPAAS'] = `${path}.previous`;
      const { code, err } = await upgrade('--rollback');
      process.env['LOCALPAAS'] = path;

      assert.is(code, 0, err);
      assert.match((await runCommand(['--version'], {})).out, '1.0.0');
    },
    { timeoutMs: 120_000 },
  );

  it(
    'says what to type where only another may write',
    async (scope) => {
      const { path, directory, upgrade } = await placeOf(scope);
      const fresh = await makeExecutable(join(directory, 'fresh'), { version: '1.1.0' });
      for (const each of [dirname(path), directory]) await chmod(each, 0o555);
      scope.defer(() => Promise.all([dirname(path), directory].map((each) => chmod(each, 0o755))));

      const { code, err } =
        process.getuid?.() === 0 ? await upgradeAsNobody(scope, path, fresh) : await upgrade('--from', fresh);

      assert.is(code, 4);
      assert.match(err, `sudo ${path} upgrade --from ${fresh} --home `);
    },
    { timeoutMs: 120_000 },
  );

  it(
    'wants to know what to do',
    async (scope) => {
      const { upgrade } = await placeOf(scope);

      for (const args of [[], ['--rollback', '--from', 'x'], ['--restart', '--rollback']]) {
        const { code, err } = await upgrade(...args);
        assert.is(code, 2);
        assert.match(err, 'one of --from, --rollback and --restart');
      }
    },
    { timeoutMs: 120_000 },
  );
});

describe('upgrade of a checkout', (it) => {
  it('is done there', async (scope) => {
    delete process.env['LOCALPAAS'];
    const { code, err } = await runCommand(
      ['upgrade', '--from', '/bin/true'],
      await environmentOf(await emptyHome(scope)),
    );

    assert.is(code, 2);
    assert.match(err, 'git pull');
    assert.match(err, 'npm run build');
    assert.match(err, 'upgrade --restart');
  });
});
