import { existsSync, readdirSync } from 'node:fs';
import { mkdir, readFile, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { BuildCaches } from '#components/stager/buildpacks/build-caches.ts';
import { scratchDirectory } from '../../../support/scratch.ts';
import { describe } from '../../../support/spec.ts';

describe('build caches', (it) => {
  it('are handed from one staging of an app to the next, for each stack', async (scope) => {
    const scratch = await scratchDirectory(scope);
    const caches = new BuildCaches(join(scratch, 'caches'));
    const place = (name: string) => join(scratch, 'work', name);

    await caches.take('app', 'host', place('first'));
    assert.equal(readdirSync(place('first')), []);
    await writeFile(join(place('first'), 'kept'), 'it');
    await caches.keep('app', 'host', place('first'));
    assert.not(existsSync(place('first')));

    await caches.take('app', 'debian12', place('other stack'));
    assert.equal(readdirSync(place('other stack')), []);
    await caches.take('app', 'host', place('second'));
    assert.is(await readFile(join(place('second'), 'kept'), 'utf8'), 'it');
  });

  it('stay whole when two stagings of one app end one after the other', async (scope) => {
    const scratch = await scratchDirectory(scope);
    const caches = new BuildCaches(join(scratch, 'caches'));
    for (const name of ['one', 'two']) {
      await caches.take('app', 'host', join(scratch, name));
      await writeFile(join(scratch, name, name), '');
    }

    for (const name of ['one', 'two']) await caches.keep('app', 'host', join(scratch, name));

    await caches.take('app', 'host', join(scratch, 'three'));
    assert.equal(readdirSync(join(scratch, 'three')), ['two']);
    assert.equal(readdirSync(join(scratch, 'caches')), []);
  });

  it('leave no directory that an id could lead out of', async (scope) => {
    const scratch = await scratchDirectory(scope);
    const caches = new BuildCaches(join(scratch, 'caches'));
    await mkdir(join(scratch, 'work'));

    await caches.keep('../../escape', '../host', join(scratch, 'work'));

    assert.equal(readdirSync(scratch), ['caches']);
  });

  it('go when nobody staged for long, or when there are too many', async (scope) => {
    const scratch = await scratchDirectory(scope);
    const caches = new BuildCaches(join(scratch, 'caches'));
    for (let at = 0; at < 55; at += 1) {
      const place = join(scratch, `work-${at}`);
      await mkdir(place);
      await writeFile(join(place, 'name'), String(at));
      const day = Date.now() / 1000 - (at === 10 ? 40 * 86_400 : at);
      await utimes(place, day, day);
      await caches.keep(String(at), 'host', place);
    }

    await caches.tidy(2 ** 30);

    const left = await Promise.all(
      readdirSync(join(scratch, 'caches')).map((name) => readFile(join(scratch, 'caches', name, 'name'), 'utf8')),
    );
    assert.is(left.length, 50);
    assert.not(left.includes('10'));
    assert.not(left.includes('54'));
    assert.ok(left.includes('0'));
  });

  it('go with their app, and the oldest when all take too much', async (scope) => {
    const scratch = await scratchDirectory(scope);
    const directory = join(scratch, 'caches');
    const caches = new BuildCaches(directory);
    const apps = ['newest', 'newer', 'older', 'oldest'];
    for (const [at, app] of apps.entries()) {
      const place = join(scratch, app);
      await mkdir(place);
      await writeFile(join(place, app), Buffer.alloc(1024 * 1024, 1));
      await utimes(place, Date.now() / 1000 - at * 60, Date.now() / 1000 - at * 60);
      await caches.keep(app, 'host', place);
    }
    const left = () =>
      readdirSync(directory)
        .flatMap((name) => readdirSync(join(directory, name)))
        .sort();

    await caches.tidy(3.5 * 1024 * 1024);
    assert.equal(left(), ['newer', 'newest', 'older']);
    await caches.forget('newer');
    assert.equal(left(), ['newest', 'older']);
    await caches.tidy(0);
    assert.equal(left(), []);
  });
});
