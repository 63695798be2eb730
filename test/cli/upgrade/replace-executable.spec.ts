import { execFile } from 'node:child_process';
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import * as assert from 'uvu/assert';
import { copyBeside, previousOf, putInPlace, swapWithPrevious } from '#cli/upgrade/replace-executable.ts';
import { scratchDirectory } from '../../support/scratch.ts';
import { describe, type Scope } from '../../support/spec.ts';

/** An installed file, and a new one elsewhere. */
async function installed(scope: Scope): Promise<{ directory: string; path: string; file: string }> {
  const [directory, elsewhere] = [await scratchDirectory(scope), await scratchDirectory(scope)];
  const [path, file] = [join(directory, 'localpaas'), join(elsewhere, 'new')];
  await writeFile(path, 'one', { mode: 0o755 });
  await writeFile(file, 'two', { mode: 0o600 });
  return { directory, path, file };
}

async function contents(directory: string): Promise<Record<string, string>> {
  const names = (await readdir(directory)).sort();
  return Object.fromEntries(
    await Promise.all(names.map(async (name) => [name, await readFile(join(directory, name), 'utf8')])),
  );
}

describe('replacing an executable', (it) => {
  it('keeps the one before, and can be undone', async (scope) => {
    const { directory, path, file } = await installed(scope);

    const replacement = await putInPlace(await copyBeside(file, path), path);
    assert.equal(await contents(directory), { localpaas: 'two', 'localpaas.previous': 'one' });
    assert.is((await stat(path)).mode & 0o777, 0o755);

    await replacement.undo();
    await replacement.settle();
    assert.equal(await contents(directory), { localpaas: 'one' });
  });

  it('keeps the one before that until it is settled', async (scope) => {
    const { directory, path, file } = await installed(scope);
    await writeFile(previousOf(path), 'zero', { mode: 0o755 });

    await (await putInPlace(await copyBeside(file, path), path)).undo();
    assert.equal(await contents(directory), { localpaas: 'one', 'localpaas.previous': 'zero' });

    await (await putInPlace(await copyBeside(file, path), path)).settle();
    assert.equal(await contents(directory), { localpaas: 'two', 'localpaas.previous': 'one' });
  });

  it('goes back and forth', async (scope) => {
    const { directory, path, file } = await installed(scope);
    await (await putInPlace(await copyBeside(file, path), path)).settle();

    const back = await swapWithPrevious(path);
    assert.equal(await contents(directory), { localpaas: 'one', 'localpaas.previous': 'two' });

    await back.undo();
    assert.equal(await contents(directory), { localpaas: 'two', 'localpaas.previous': 'one' });
  });

  it('removes what an upgrade that was killed left, and nothing else', async (scope) => {
    const { directory, path, file } = await installed(scope);
    const others = ['localpaas.previous.tmp', 'localpaas.123-0000000g.tmp', 'other.123-00000000.tmp', 'localpaas.conf'];
    for (const name of [...others, 'localpaas.123-0123abcd.tmp']) await writeFile(join(directory, name), '');

    await putInPlace(await copyBeside(file, path), path);

    assert.equal(Object.keys(await contents(directory)).sort(), [...others, 'localpaas', 'localpaas.previous'].sort());
  });

  it('leaves nothing behind where the disk is full', async (scope) => {
    const directory = await scratchDirectory(scope);
    const script = join(import.meta.dirname, 'fill-disk.ts');
    const fill = 'mount -t tmpfs -o size=1m tmpfs "$1" && exec "$2" --import tsx "$3" "$1"';
    const { stdout } = await promisify(execFile)('unshare', [
      '-rm',
      'sh',
      '-c',
      fill,
      'sh',
      directory,
      process.execPath,
      script,
    ]);

    const { code, message, files } = JSON.parse(stdout);
    assert.is(code, 'DISK_FULL');
    assert.match(message, directory);
    assert.equal(files, ['localpaas', 'new']);
  });

  it('says when the file system is read-only', async (scope) => {
    const directory = await scratchDirectory(scope);
    const script = join(import.meta.dirname, 'check-permission.ts');
    const lock = 'mount -t tmpfs -o ro tmpfs "$1" && exec "$2" --import tsx "$3" "$1"';
    const { stdout } = await promisify(execFile)('unshare', [
      '-rm',
      'sh',
      '-c',
      lock,
      'sh',
      directory,
      process.execPath,
      script,
    ]);

    assert.match(stdout, 'NOT_PERMITTED');
    assert.match(stdout, 'read-only');
  });
});
