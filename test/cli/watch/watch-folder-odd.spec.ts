import { appendFile, link, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { scratchDirectory } from '../../support/scratch.ts';
import { describe } from '../../support/spec.ts';
import { allTheTime, pathsOf, sizeIn, watched } from './watched.ts';

describe('a watched folder of a difficult kind', (it) => {
  it('that never comes to rest is told all the same, with what moves', async (scope) => {
    const { folder, next } = await watched(scope);
    allTheTime(scope, 5, () => appendFile(join(folder, 'access.txt'), 'x'));

    // On a busy machine it may look as if it had come to rest.
    let state = await next();
    while (state.moving.length === 0) state = await next();

    assert.equal(state.moving, ['access.txt']);
  });

  it('says nothing of ignored files, however often they change, and goes by what .cfignore says now', async (scope) => {
    const { all, next, put } = await watched(scope);
    put('.cfignore', '*.log\nlib\n');
    assert.equal(pathsOf(await next()), ['app.js']);

    put('x.log', '1');
    put('lib/a.js', 'changed');
    put('.app.js.swp', 'swap');
    assert.equal(await all(), []);

    put('.cfignore', '*.log\n');
    assert.equal(pathsOf(await next()), ['app.js', 'lib', 'lib/a.js', 'lib/b.js']);
  });

  it('is not held up by an ignored file that is written all the time', async (scope) => {
    const { folder, next, put } = await watched(scope);
    put('.cfignore', '*.log\n');
    allTheTime(scope, 2, () => appendFile(join(folder, 'x.log'), 'x'));

    put('app.js', 'changed');

    const state = await next();
    assert.is(sizeIn(state, 'app.js'), 7);
    assert.equal(state.moving, []);
  });

  it('tells of a manifest that changed', async (scope) => {
    const { next, put, all } = await watched(scope);

    put('manifest.yml', 'applications: []');
    const first = await next();
    put('manifest.yml', 'applications: [ ]');
    const second = await next();

    assert.is.not(first.settings, second.settings);
    assert.equal(first.files, second.files);
    put('manifest.yml', 'applications: [ ]');
    assert.equal(await all(), []);
  });

  it('tells of a hard link that was made of a file nothing that matters', async (scope) => {
    const { folder, all } = await watched(scope);
    const elsewhere = join(await scratchDirectory(scope), 'link');

    await link(join(folder, 'app.js'), elsewhere);

    for (const state of await all()) assert.equal(pathsOf(state), ['app.js', 'lib', 'lib/a.js', 'lib/b.js']);
  });

  it('that goes away and comes back says so', async (scope) => {
    const { folder, next, put } = await watched(scope);

    await rename(folder, `${folder}-away`);
    assert.match(String((await next()).problems), 'shop is gone');

    await rename(`${folder}-away`, folder);
    const back = await next();
    assert.equal(back.problems, []);
    assert.equal(pathsOf(back), ['app.js', 'lib', 'lib/a.js', 'lib/b.js']);

    put('lib/a.js', 'and is heard of');
    assert.is(sizeIn(await next(), 'lib/a.js'), 15);
  });

  it('is looked at again and again where that was asked for', async (scope) => {
    const { folder, news, put, said } = await watched(scope, { isPolling: true });

    put('lib/a.js', 'polled');
    put('new/x.js');
    const states = await news();

    assert.equal(
      states.map((state) => sizeIn(state, 'lib/a.js')),
      [6],
    );
    assert.equal(said, []);
    await rm(folder, { recursive: true });
    assert.match(String((await news())[0]?.problems), 'is gone');
  });

  it('is looked at where no event tells: deep in dependencies', async (scope) => {
    const { folder, news, next, put } = await watched(scope);
    put('node_modules/x/a/b/c/d.js');
    await news();

    await writeFile(join(folder, 'node_modules/x/a/b/c/d.js'), 'edited');

    assert.is(sizeIn(await next(), 'node_modules/x/a/b/c/d.js'), 6);
  });
});
