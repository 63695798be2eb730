import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { lockDirectory } from '#ground/lock.ts';
import { homeWith, picture, sampleBackup, withRecord } from '../../assembly/backup/sample-backup.ts';
import { scratchDirectory } from '../../support/scratch.ts';
import { describe, type Scope } from '../../support/spec.ts';
import { type CliOptions, runCli } from '../run-cli.ts';

/** A good backup in a folder, and a home that does not exist yet. */
async function setUp(scope: Scope) {
  const folder = await scratchDirectory(scope);
  const good = await sampleBackup(scope);
  await writeFile(join(folder, 'b.tar.gz'), good);
  const home = join(folder, 'home');
  const restore = (args: readonly string[], options: CliOptions = {}) =>
    runCli(['restore', ...args], { home, workingDirectory: folder, ...options });
  return { folder, good, home, restore };
}

describe('localpaas restore', (it) => {
  it('fills an empty home, and says what comes next', async (scope) => {
    const { restore, home } = await setUp(scope);

    const { exitCode, output, messages } = await restore(['b.tar.gz']);

    assert.is(exitCode, 0, messages);
    assert.match(output, /b\.tar\.gz: 2 apps, made 20.* by localpaas 1\.2\.3\.\none, two\n/);
    assert.match(output, /Restored\. `localpaas up` starts the apps at http:\/\/<name>\.localhost\./);
    assert.not.match(output, /What was there before/);
    assert.ok(existsSync(join(home, 'cloud-controller', 'admin.json')));
  });

  it('does not touch a platform unless it is told to, and then sets it aside', async (scope) => {
    const { restore } = await setUp(scope);
    const { home } = await homeWith(scope, ['present']);
    const before = await picture(home.path);

    const refused = await restore(['b.tar.gz'], { home: home.path });

    assert.is(refused.exitCode, 1);
    assert.match(refused.messages, /There is a platform in .* already\.\n.*`--replace`: its state is set aside/);
    assert.equal(await picture(home.path), before);
    const { exitCode, output } = await restore(['b.tar.gz', '--replace', '--json'], { home: home.path });
    assert.is(exitCode, 0);
    const { aside, apps } = JSON.parse(output);
    assert.equal(apps, ['one', 'two']);
    assert.ok(aside.startsWith(join(home.path, 'replaced')));
    assert.equal(await picture(aside), before);
  });

  it('does not work under a platform that runs', async (scope) => {
    const { restore } = await setUp(scope);
    const { home } = await homeWith(scope, ['present']);
    const before = await picture(home.path);
    scope.use(await lockDirectory(home.path));

    const { exitCode, messages } = await restore(['b.tar.gz', '--replace'], { home: home.path });

    assert.is(exitCode, 4);
    assert.match(messages, /The platform of .* runs; .*\n.*`localpaas down`, or with `systemctl stop`/);
    assert.equal(await picture(home.path), before);
  });

  it('only looks, if that is what is wanted', async (scope) => {
    const { restore, home, folder, good } = await setUp(scope);
    await writeFile(join(folder, 'half.tar.gz'), good.subarray(0, -20));

    const fine = await restore(['b.tar.gz', '--check']);
    const bad = await restore(['half.tar.gz', '--check']);

    assert.is(fine.exitCode, 0);
    assert.match(fine.output, /Every byte is as it was written\./);
    assert.is(bad.exitCode, 2);
    assert.match(bad.messages, /The backup is damaged: it is cut off/);
    assert.not(existsSync(home));
  });

  it('leaves no trace of a file that is no good', async (scope) => {
    const { restore, home, folder, good } = await setUp(scope);
    await mkdir(join(folder, 'folder'));
    await writeFile(join(folder, 'empty'), '');
    await writeFile(join(folder, 'text'), 'just a text\n');
    await writeFile(join(folder, 'half'), good.subarray(0, good.length / 2));
    const newer = withRecord(good, (record) => ({ ...record, format: 99, version: '9.9.9' }));
    await writeFile(join(folder, 'newer'), newer);
    const files: Record<string, [exitCode: number, message: RegExp]> = {
      'not-there': [1, /There is no file .*not-there/],
      folder: [2, /folder is no file/],
      '-': [2, /cannot come through standard input/],
      empty: [2, /This is no backup of localpaas/],
      text: [2, /This is no backup of localpaas/],
      half: [2, /The backup is damaged/],
      newer: [2, /made by localpaas 9\.9\.9 in format 99; this one knows formats up to 1/],
    };
    for (const [file, [expected, message]] of Object.entries(files)) {
      const { exitCode, messages } = await restore([file]);
      assert.is(exitCode, expected, file);
      assert.match(messages, message);
    }
    assert.not(existsSync(home));
    const { messages } = await restore(['half', '--json']);
    assert.is(JSON.parse(messages.split('\n').at(-2) ?? '').error.code, 'BAD_INPUT');
  });

  it('warns of apps that were built on another kind of machine', async (scope) => {
    const { restore, folder, good } = await setUp(scope);
    const machine = { name: 'pi', platform: 'linux', architecture: 'mips' };
    await writeFile(
      join(folder, 'other'),
      withRecord(good, (record) => ({ ...record, machine })),
    );

    const { exitCode, messages } = await restore(['other']);

    assert.is(exitCode, 0, messages);
    assert.match(messages, /built on linux mips, and this is .*: `localpaas restage NAME`/);
  });

  it('moves routes below another domain, and says how to start then', async (scope) => {
    const { restore } = await setUp(scope);

    const { output } = await restore(['b.tar.gz', '--domain', 'pi.lan']);

    assert.match(output, /`localpaas up --domain pi\.lan` starts the apps at http:\/\/<name>\.pi\.lan\./);
    const refused = await restore(['b.tar.gz', '--domain', 'Pi Lan']);
    assert.is(refused.exitCode, 2);
    assert.match(refused.messages, /--domain cannot be 'Pi Lan'/);
  });
});
