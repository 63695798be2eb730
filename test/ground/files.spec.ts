import { chmod, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { startChild } from '#ground/child.ts';
import { systemCodeOf } from '#ground/errors.ts';
import {
  ensureDirectory,
  readIfThere,
  removeTemporaries,
  syncDirectory,
  temporaryNameFor,
  writeFileDurably,
} from '#ground/files.ts';
import { waitFor } from '#ground/wait.ts';
import { scratchDirectory } from '../support/scratch.ts';
import { describe } from '../support/spec.ts';
import { thrownBy } from '../support/thrown.ts';

async function modeOf(path: string): Promise<number> {
  return (await stat(path)).mode & 0o777;
}

describe('a durable write', (it) => {
  it('replaces the file by text or bytes and leaves nothing else behind', async (scope) => {
    const directory = await scratchDirectory(scope);
    const file = join(directory, 'state.json');

    await writeFileDurably(file, 'old');
    await writeFileDurably(file, 'grüße\n');
    assert.is(await readFile(file, 'utf8'), 'grüße\n');
    await writeFileDurably(file, Uint8Array.of(0, 255, 10));

    assert.equal([...(await readFile(file))], [0, 255, 10]);
    assert.equal(await readdir(directory), ['state.json']);
  });

  it('is readable by its owner alone unless it is told otherwise', async (scope) => {
    const directory = await scratchDirectory(scope);

    await writeFileDurably(join(directory, 'secret'), 'x');
    await writeFileDurably(join(directory, 'script'), 'x', 0o700);

    assert.is(await modeOf(join(directory, 'secret')), 0o600);
    assert.is(await modeOf(join(directory, 'script')), 0o700);
  });

  it('leaves the old content and no trace when it fails', async (scope) => {
    const directory = await scratchDirectory(scope);
    await mkdir(join(directory, 'taken'));
    await writeFile(join(directory, 'taken', 'inside'), 'kept');

    const error = await thrownBy(() => writeFileDurably(join(directory, 'taken'), 'new'));

    assert.is(systemCodeOf(error), 'EISDIR');
    assert.equal(await readdir(directory), ['taken']);
    assert.is(await readFile(join(directory, 'taken', 'inside'), 'utf8'), 'kept');
  });

  it('leaves the old content or the new one, whole, when the writer is killed', async (scope) => {
    const file = join(await scratchDirectory(scope), 'state');
    const program = `
      import { writeFileDurably } from '#ground/files.ts';
      for (let round = 0; ; round += 1) await writeFileDurably(process.argv[1], String(round % 10).repeat(200_000));
    `;

    for (let kill = 0; kill < 3; kill += 1) {
      const writer = scope.use(
        await startChild({
          program: process.execPath,
          args: ['--import', 'tsx', '--input-type=module', '-e', program, file],
          env: { PATH: process.env['PATH'] ?? '' },
          graceMs: 0,
        }),
      );
      const before = (await stat(file).catch(() => undefined))?.mtimeMs;
      const isWritten = async () => {
        const now = (await stat(file).catch(() => undefined))?.mtimeMs;
        return now === undefined || now === before ? undefined : true;
      };
      await waitFor('the first write', isWritten, { limitMs: 15_000, everyMs: 1 });
      process.kill(writer.pid, 'SIGKILL');
      await writer.exited;

      assert.match(await readFile(file, 'utf8'), /^(\d)\1{199999}$/);
    }
  });

  it('never mixes with another write of the same file', async (scope) => {
    const directory = await scratchDirectory(scope);
    const file = join(directory, 'state');

    await Promise.all(['a', 'b', 'c', 'd'].map((letter) => writeFileDurably(file, letter.repeat(100_000))));

    assert.match(await readFile(file, 'utf8'), /^(.)\1{99999}$/);
    assert.equal(await readdir(directory), ['state']);
  });
});

describe('a temporary name', (it) => {
  it('lies beside the file and is another one each time', () => {
    const names = new Set(Array.from({ length: 100 }, () => temporaryNameFor('/home/x/state.json')));

    assert.is(names.size, 100);
    for (const name of names) assert.match(name, /^\/home\/x\/state\.json\.[^/]+\.tmp$/);
  });
});

describe('a file', (it) => {
  it('is read when it is there', async (scope) => {
    const file = join(await scratchDirectory(scope), 'there');
    await writeFile(file, 'content');

    assert.is(await readIfThere(file), 'content');
    assert.is(await readIfThere(`${file}.not`), undefined);
  });

  it('is an error when it is there and cannot be read', async (scope) => {
    const directory = await scratchDirectory(scope);

    assert.is(systemCodeOf(await thrownBy(() => readIfThere(directory))), 'EISDIR');
  });
});

describe('a directory', (it) => {
  it('is made with its parents, for its owner alone', async (scope) => {
    const path = join(await scratchDirectory(scope), 'a', 'b');

    assert.is(await ensureDirectory(path), path);
    assert.is(await modeOf(path), 0o700);
    assert.is(await modeOf(join(path, '..')), 0o700);
  });

  it('is left as it is when it is there', async (scope) => {
    const path = await ensureDirectory(join(await scratchDirectory(scope), 'a'));
    await chmod(path, 0o755);
    await writeFile(join(path, 'inside'), 'kept');

    await ensureDirectory(path);

    assert.is(await modeOf(path), 0o755);
    assert.equal(await readdir(path), ['inside']);
  });

  it('cannot be made where a file is', async (scope) => {
    const file = join(await scratchDirectory(scope), 'file');
    await writeFile(file, 'x');

    assert.is(systemCodeOf(await thrownBy(() => ensureDirectory(file))), 'EEXIST');
  });

  it('can be made to survive a power cut only when it is there', async (scope) => {
    const directory = await scratchDirectory(scope);

    await syncDirectory(directory);

    assert.is(systemCodeOf(await thrownBy(() => syncDirectory(join(directory, 'missing')))), 'ENOENT');
  });
});

describe('the removal of temporary files', (it) => {
  it('takes those that a killed writer left, and nothing else', async (scope) => {
    const directory = await scratchDirectory(scope);
    await writeFile(temporaryNameFor(join(directory, 'state.json')), 'half');
    for (const name of ['state.json', 'notes.tmp', 'state.json.12.tmp'])
      await writeFile(join(directory, name), 'whole');

    await removeTemporaries(directory);

    assert.equal((await readdir(directory)).toSorted(), ['notes.tmp', 'state.json', 'state.json.12.tmp']);
  });

  it('leaves those whose writer is still at work', async (scope) => {
    const directory = await scratchDirectory(scope);
    const [of7, of8] = ['login.json.7-00000000.tmp', 'login.json.8-00000000.tmp'];
    for (const name of [of7, of8]) await writeFile(join(directory, name), '');

    await removeTemporaries(directory, (pid) => pid === 8);

    assert.equal(await readdir(directory), [of8]);
  });

  it('finds none where there is no directory', async (scope) => {
    await removeTemporaries(join(await scratchDirectory(scope), 'missing'));
  });
});
