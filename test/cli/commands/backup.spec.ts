import { execFile } from 'node:child_process';
import { mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import * as assert from 'uvu/assert';
import { Interrupted } from '#cli/world.ts';
import { blobFileIn } from '#components/cloud-controller/index.ts';
import { lockDirectory } from '#ground/lock.ts';
import { dropletOf, homeWith, sha256Of } from '../../assembly/backup/sample-backup.ts';
import { scratchDirectory } from '../../support/scratch.ts';
import { describe, type Scope } from '../../support/spec.ts';
import { type CliOptions, runCli } from '../run-cli.ts';

const run = promisify(execFile);

/** A stopped platform with two apps, and a folder to write into. */
async function setUp(scope: Scope) {
  const { home, dataDir } = await homeWith(scope, ['one', 'two']);
  const folder = await scratchDirectory(scope);
  const backup = (args: readonly string[], options: CliOptions = {}) =>
    runCli(['backup', ...args], { home: home.path, workingDirectory: folder, ...options });
  return { home, dataDir, folder, backup };
}

describe('localpaas backup', (it) => {
  it('writes one file that only its owner can read, and says what is in it', async (scope) => {
    const { backup, folder } = await setUp(scope);

    const { exitCode, output, messages } = await backup(['b.tar.gz']);

    assert.is(exitCode, 0, messages);
    assert.match(output, /b\.tar\.gz: 2 apps, \d+K, \d\.\d s\. It holds .* the platform's password: keep it safe\.\n$/);
    assert.is((await stat(join(folder, 'b.tar.gz'))).mode & 0o777, 0o600);
    assert.equal(await readdir(folder), ['b.tar.gz']);
    const { stdout } = await run('tar', ['tzf', join(folder, 'b.tar.gz')]);
    assert.match(stdout, /^backup\.json\ndesired\.state\naccount\.json\nblobs\/[0-9a-f]{64}\n/);
  });

  it('tells programs the same as JSON', async (scope) => {
    const { backup, folder } = await setUp(scope);

    const { output } = await backup(['b.tar.gz', '--json', '--apps', 'two']);

    const { file, bytes, apps, counts, left, domain } = JSON.parse(output);
    assert.is(file, join(folder, 'b.tar.gz'));
    assert.is(bytes, (await stat(file)).size);
    assert.equal([apps, left, domain], [['two'], [], 'localhost']);
    assert.equal(counts, { apps: 1, routes: 1, packages: 1, droplets: 1 });
  });

  it('leaves a file alone that is there, unless it may replace it', async (scope) => {
    const { backup, folder } = await setUp(scope);
    await writeFile(join(folder, 'b.tar.gz'), 'precious');

    const refused = await backup(['b.tar.gz']);

    assert.is(refused.exitCode, 1);
    assert.match(refused.messages, /There is a file .*b\.tar\.gz already\.\n.*--force/);
    assert.is(await readFile(join(folder, 'b.tar.gz'), 'utf8'), 'precious');
    assert.is((await backup(['b.tar.gz', '--force'])).exitCode, 0);
    assert.ok((await stat(join(folder, 'b.tar.gz'))).size > 10_000);
    assert.is((await stat(join(folder, 'b.tar.gz'))).mode & 0o777, 0o600);
  });

  it('refuses what is no place for a file', async (scope) => {
    const { backup, folder } = await setUp(scope);
    await mkdir(join(folder, 'folder'));
    await writeFile(join(folder, 'file'), '');
    await symlink('file', join(folder, 'link'));
    const places: Record<string, RegExp> = {
      folder: /folder is a folder/,
      link: /link is no plain file/,
      '/dev/null': /\/dev\/null is no plain file/,
      'not/there/b.tar.gz': /There is no folder .*not\/there/,
      'file/b.tar.gz': /cannot be used \(ENOTDIR\)/,
    };
    for (const [place, message] of Object.entries(places)) {
      const { exitCode, messages } = await backup([place, '--force']);
      assert.ok([1, 2].includes(exitCode), place);
      assert.match(messages, message);
    }
    assert.ok((await stat('/dev/null')).isCharacterDevice());
  });

  it('writes to standard output, and speaks beside it', async (scope) => {
    const { backup, folder } = await setUp(scope);
    const chunks: Buffer[] = [];
    const sink = {
      isTTY: false,
      columns: undefined,
      text: () => '',
      write: (chunk: string | Uint8Array) => void chunks.push(Buffer.from(chunk)),
    };

    const { exitCode, messages } = await backup(['-'], { sink });

    assert.is(exitCode, 0, messages);
    assert.match(messages, /standard output: 2 apps/);
    await writeFile(join(folder, 'b.tar.gz'), Buffer.concat(chunks));
    const checked = await runCli(['restore', 'b.tar.gz', '--check'], { workingDirectory: folder });
    assert.is(checked.exitCode, 0, checked.messages);
    const refused = await backup(['-'], { columns: 80 });
    assert.is(refused.exitCode, 2);
    assert.match(refused.messages, /no text for a terminal/);
    assert.is(refused.output, '');
  });

  it('refuses a home without a platform, and makes none', async (scope) => {
    const folder = await scratchDirectory(scope);
    for (const home of [join(folder, 'not-there'), folder]) {
      const { exitCode, messages } = await runCli(['backup', join(folder, 'b.tar.gz')], { home });
      assert.is(exitCode, 1);
      assert.match(messages, /There is nothing to back up/);
    }
    assert.equal(await readdir(folder), []);
  });

  it('waits for nobody who has the home', async (scope) => {
    const { backup, home, folder } = await setUp(scope);
    scope.use(await lockDirectory(home.path));

    const { exitCode, messages } = await backup(['b.tar.gz']);

    assert.is(exitCode, 4);
    assert.match(messages, /just starting or stopping, or another backup or restore/);
    assert.equal(await readdir(folder), []);
  });

  it('leaves nothing when bits are damaged, and says whose they are', async (scope) => {
    const { backup, dataDir, folder } = await setUp(scope);
    const path = blobFileIn(dataDir, sha256Of(dropletOf('one')));
    const bytes = await readFile(path);
    bytes[5] = 0;
    await writeFile(path, bytes);

    const refused = await backup(['b.tar.gz']);

    assert.is(refused.exitCode, 1);
    assert.match(refused.messages, /Bits of one are damaged or missing on this disk.*\n.*--skip-damaged/);
    assert.equal(await readdir(folder), []);
    const saved = await backup(['b.tar.gz', '--skip-damaged']);
    assert.is(saved.exitCode, 0);
    assert.match(saved.messages, /Left out, because it is damaged or missing: a package or droplet of one/);
    assert.match(saved.output, /2 apps/);
  });

  it('leaves nothing when it is interrupted', async (scope) => {
    const { backup, folder } = await setUp(scope);
    const stop = new AbortController();
    stop.abort(new Interrupted('SIGINT'));

    const { exitCode } = await backup(['b.tar.gz'], { signal: stop.signal });

    assert.is(exitCode, 130);
    assert.equal(await readdir(folder), []);
  });

  it('leaves nothing on a disk that is full, but what was there', async (scope) => {
    const { home } = await setUp(scope);
    const disk = join(await scratchDirectory(scope), 'disk');
    await mkdir(disk);
    const script = join(import.meta.dirname, '..', 'backup', 'fill-disk.ts');
    // A small disk of one's own needs user namespaces, or root.
    const fill = 'mount -t tmpfs -o size=64k none "$1" && exec "$2" --import tsx "$3" "$1" "$4"';

    const { stdout } = await run('unshare', ['-rm', 'sh', '-c', fill, 'sh', disk, process.execPath, script, home.path]);

    const { exitCode, messages, left, content } = JSON.parse(stdout);
    assert.is(exitCode, 4, messages);
    assert.match(messages, /The disk is full: .*b\.tar\.gz could not be written, and was not\./);
    assert.equal([left, content], [['b.tar.gz'], 'the old backup']);
  });
});
