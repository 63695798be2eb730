import { existsSync, readFileSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { deaStop, deaSync, type SyncRequest } from '#contract/dea.ts';
import { waitFor } from '#ground/wait.ts';
import { describe, type Scope } from '../../support/spec.ts';
import { openDeaProcess } from './dea-process.ts';
import { layerFile, layerOf, rawTar, treeOf, untilNoLayerIsLeft } from './layer/support.ts';
import { textAt } from './standby/support.ts';
import { directoryOf, dropletOf, exitOf, openDea, type Peer, requestFor, startRunning } from './support.ts';

/** Answers with what is in a file now. */
const reading = `require('http').createServer((_, response) => {
  response.end(require('fs').readFileSync('page.txt'));
}).listen(process.env.PORT);`;

async function startApp(scope: Scope, dea: Peer, changes: Parameters<typeof requestFor>[1] = {}) {
  const files = { 'app/app.js': reading, 'app/page.txt': 'old', 'app/lib/a.txt': 'a' };
  const running = await startRunning(
    dea,
    requestFor(await dropletOf(scope, 'node app.js', files), { droplet: 'app', ...changes }),
  );
  return { ...running, directory: await directoryOf(dea.dataDir, running.instance) };
}

type Request = Pick<SyncRequest, 'layer' | 'version'>;

const sync = ({ bus }: Peer, request: Request, expected = 1) =>
  bus.askMany(deaSync, { droplet: 'app', ...request }, { limitMs: 15_000, expected });

describe('syncing files into instances that run', (it) => {
  it('puts new files there, takes others away, and tells how many', async (scope) => {
    const dea = await openDea(scope);
    const { instance, port, directory } = await startApp(scope, dea);
    const layer = await layerOf(scope, { 'app/page.txt': 'new', 'app/lib/a.txt': undefined, 'app/more/b.txt': 'b' });

    const replies = await sync(dea, { layer });

    assert.equal(replies, [{ dea: dea.id, instance, index: 0, files: 3 }]);
    assert.is(await textAt(port), 'new');
    assert.equal((await readdir(join(directory, 'app'))).sort(), ['app.js', 'lib', 'more', 'page.txt']);
    assert.equal(await readdir(join(directory, 'app/lib')), []);
    assert.equal(dea.exits.messages, []);
  });

  it('does so in all instances of the version that is meant, and in no others', async (scope) => {
    const dea = await openDea(scope);
    const all = [];
    for (const [index, version] of [
      [0, 'v1'],
      [1, 'v1'],
      [2, 'v2'],
    ] as const) {
      all.push(await startApp(scope, dea, { index, version, uris: [], health_check: { type: 'port' } }));
    }
    const other = await startApp(scope, dea, { droplet: 'other' });
    const layer = await layerOf(scope, { 'app/page.txt': 'new' });

    const replies = await sync(dea, { layer, version: 'v1' }, 2);

    assert.equal(
      replies.map(({ index, files }) => [index, files]),
      [
        [0, 1],
        [1, 1],
      ],
    );
    const page = ({ directory }: { directory: string }) => readFile(join(directory, 'app/page.txt'), 'utf8');
    assert.equal(await Promise.all([...all, other].map(page)), ['new', 'new', 'old', 'old']);
  });

  it('answers for no instance that does not run', async (scope) => {
    const dea = await openDea(scope);
    await startApp(scope, dea);
    dea.bus.publish(deaStop, { droplet: 'app' });
    await exitOf(dea, 'app');

    const layer = await layerOf(scope, { 'app/page.txt': 'new' });

    assert.equal(await dea.bus.askMany(deaSync, { droplet: 'app', layer }, { limitMs: 200 }), []);
  });

  it('changes nothing when the layer is bad, or of what the platform itself uses', async (scope) => {
    const dea = await openDea(scope);
    const { instance, directory } = await startApp(scope, dea);
    const page = { path: 'app/page.txt', content: 'new' };
    const { sha256, ...elsewhere } = await layerFile(scope, rawTar(page));
    const bad = {
      "The layer's entry 'app/p' is a device or a pipe.": await layerFile(
        scope,
        rawTar(page, { path: 'app/p', type: 'FIFO' }),
      ),
      'The layer cannot be read:': await layerFile(scope, rawTar(page).subarray(0, 700)),
      [`has the SHA-256 ${sha256}, not`]: { ...elsewhere, sha256: 'b'.repeat(64) },
      "The layer's entry 'startup' is in use": await layerFile(
        scope,
        rawTar(page, { path: 'startup', content: '#!/bin/sh\n' }),
      ),
      "The layer's entry 'logs/stdout.log' is in use": await layerFile(
        scope,
        rawTar(page, { path: 'logs/.wh.stdout.log' }),
      ),
      "The layer's entry '' is in use": await layerFile(scope, rawTar(page, { path: '.wh..wh..opq' })),
    };
    const before = treeOf(directory);

    for (const [message, layer] of Object.entries(bad)) {
      const [reply] = await sync(dea, { layer });
      assert.is(reply?.instance, instance);
      assert.is(reply?.files, undefined);
      assert.ok(reply?.error?.includes(message), `${reply?.error} should include ${message}`);
    }

    assert.equal(treeOf(directory), before);
    await untilNoLayerIsLeft(dea);
  });

  it('keeps the order of versions that come at once', async (scope) => {
    const dea = await openDea(scope);
    const { port } = await startApp(scope, dea);
    const layers = await Promise.all([...'abcdefgh'].map((text) => layerOf(scope, { 'app/page.txt': text })));

    const replies = await Promise.all(layers.map((layer) => sync(dea, { layer })));

    assert.equal(
      replies.flat().map(({ files }) => files),
      layers.map(() => 1),
    );
    assert.is(await textAt(port), 'h');
  });

  it('shows a reader each file whole, and what is gone goes last', async (scope) => {
    const dea = await openDeaProcess(scope);
    const { directory } = await startApp(scope, dea);
    const page = join(directory, 'app/page.txt');
    const texts = ['x', 'y', 'z'].map((letter) => letter.repeat(300_000));
    const whole = new Set(['old', ...texts]);

    let names = ['lib/a.txt', 'lib/b.txt'];
    for (const text of texts) {
      const [from = '', to = ''] = names;
      const layer = await layerOf(scope, { [`app/${from}`]: undefined, [`app/${to}`]: text, 'app/page.txt': text });
      const done = sync(dea, { layer });
      while (existsSync(join(directory, 'app', from))) {
        // Nothing else runs in this process meanwhile: this is the view of somebody who never looks away.
        assert.ok(whole.has(readFileSync(page, 'utf8')));
        await new Promise((resolve) => setImmediate(resolve));
      }
      assert.is(readFileSync(page, 'utf8'), text);
      assert.is(readFileSync(join(directory, 'app', to), 'utf8'), text);
      assert.is((await done)[0]?.files, 3);
      names = names.reverse();
    }
  });

  it('is for instances that are coming up, too', async (scope) => {
    const dea = await openDea(scope);
    const slow = `setTimeout(() => { ${reading} }, 1500);`;
    const request = requestFor(await dropletOf(scope, 'node app.js', { 'app/app.js': slow, 'app/page.txt': 'old' }), {
      droplet: 'app',
    });
    const running = startRunning(dea, request);
    const layer = await layerOf(scope, { 'app/page.txt': 'new' });

    const replies = await waitFor(
      'a reply',
      async () => {
        const found = await dea.bus.askMany(deaSync, { droplet: 'app', layer }, { limitMs: 500, expected: 1 });
        return found.length > 0 ? found : undefined;
      },
      { limitMs: 15_000 },
    );

    assert.is(replies[0]?.files, 1);
    assert.is(await textAt((await running).port), 'new');
  });
});
