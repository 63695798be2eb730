import { execFileSync } from 'node:child_process';
import { renameSync, rmSync, unlinkSync } from 'node:fs';
import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import type { FolderState } from '#cli/watch/watch-folder.ts';
import { sleep } from '#ground/wait.ts';
import { describe } from '../../support/spec.ts';
import { pathsOf, sizeIn, watched } from './watched.ts';

describe('a watched folder', (it) => {
  it('is told once for a file that is written, replaced, removed or made', async (scope) => {
    const { folder, news, put } = await watched(scope);

    put('app.js', 'other');
    assert.equal(
      (await news()).map((state) => sizeIn(state, 'app.js')),
      [5],
    );

    put('app.js.new', 'longer than before');
    renameSync(join(folder, 'app.js.new'), join(folder, 'app.js'));
    assert.equal(
      (await news()).map((state) => sizeIn(state, 'app.js')),
      [18],
    );

    unlinkSync(join(folder, 'app.js'));
    assert.equal((await news()).map(pathsOf), [['lib', 'lib/a.js', 'lib/b.js']]);

    put('new/deep/er/x.js');
    assert.equal(
      (await news()).map((state) => sizeIn(state, 'new/deep/er/x.js')),
      [16],
    );
  });

  it(
    'is heard of again when directories were removed and made anew at once',
    async (scope) => {
      const { folder, next, news, put } = await watched(scope);

      const times: number[] = [];
      for (let round = 1; round <= 4; round += 1) {
        rmSync(join(folder, 'lib'), { recursive: true });
        put('lib/a.js', 'x'.repeat(round));
        await news().then((states) => assert.is(sizeIn(states.at(-1) as FolderState, 'lib/a.js'), round));
        put('lib/a.js', 'x'.repeat(100 + round));
        const startedAt = performance.now();
        assert.is(sizeIn(await next(), 'lib/a.js'), 100 + round);
        times.push(performance.now() - startedAt);
      }

      // A look at everything would find it, too, but that is seconds away.
      assert.ok(Math.min(...times) < 1_500, `${times}`);
    },
    { timeoutMs: 120_000 },
  );

  it('is heard of again when directories changed their names', async (scope) => {
    const { folder, news, next, put } = await watched(scope);
    put('a/b/c.js', '1');
    await news();

    renameSync(join(folder, 'a'), join(folder, 'z'));
    put('a/b/c.js', '22');
    assert.is(sizeIn((await news()).at(-1) as FolderState, 'z/b/c.js'), 1);

    put('z/b/c.js', '333');
    assert.is(sizeIn(await next(), 'z/b/c.js'), 3);
    put('a/b/c.js', '4444');
    assert.is(sizeIn(await next(), 'a/b/c.js'), 4);
  });

  it(
    'with 1,000 files that change at once is told once',
    async (scope) => {
      const { news, put } = await watched(scope);

      for (let file = 0; file < 1_000; file += 1) put(`many/${file % 20}/${file}.js`, 'x');

      const states = await news();
      assert.equal(
        states.map(({ files }) => files.length),
        [3 + 1 + 20 + 1_000 + 1],
      );
    },
    { timeoutMs: 120_000 },
  );

  it(
    'in which git switches branches is told once',
    async (scope) => {
      const { folder, news, put } = await watched(scope);
      const git = (...args: string[]) =>
        execFileSync('git', ['-c', 'user.name=x', '-c', 'user.email=x@localhost', ...args], {
          cwd: folder,
          stdio: 'pipe',
        });
      git('init', '-q', '-b', 'one');
      git('add', '.');
      git('commit', '-qm', 'one');
      git('checkout', '-qb', 'two');
      for (let file = 0; file < 300; file += 1) put(`lib/${file}/x.js`, 'two');
      rmSync(join(folder, 'lib/a.js'));
      git('add', '.');
      git('commit', '-qm', 'two');
      await news();

      for (const branch of ['one', 'two', 'one']) {
        git('checkout', '-q', branch);

        const states = await news();
        assert.equal(
          states.map((state) => state.files.length),
          [branch === 'one' ? 4 : 3 + 600],
        );
        assert.equal(
          states.flatMap(({ moving }) => moving),
          [],
        );
      }
    },
    { timeoutMs: 120_000 },
  );

  it('in which a file grows is told when it is complete', async (scope) => {
    const { folder, news } = await watched(scope);
    const file = join(folder, 'big.bin');

    for (let piece = 0; piece < 15; piece += 1) {
      await appendFile(file, 'x'.repeat(1_000));
      await sleep(80);
    }

    const sizes = (await news()).map((state) => sizeIn(state, 'big.bin'));
    assert.is(sizes.at(-1), 15_000);
    assert.ok(sizes.length < 15, 'it was not told for each piece');
  });
});
