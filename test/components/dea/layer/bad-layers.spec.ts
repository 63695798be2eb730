import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import * as assert from 'uvu/assert';
import { stageLayer } from '#components/dea/layer/stage-layer.ts';
import { scratchDirectory } from '../../../support/scratch.ts';
import { describe, type Scope } from '../../../support/spec.ts';
import { thrownBy } from '../../../support/thrown.ts';
import { answering, textAt, watchedDroplet } from '../standby/support.ts';
import { exitOf, openDea, requestFor, serveDroplets, start, startRunning, untilNothingIsLeft } from '../support.ts';
import { layerFile, layerOf, type RawMember, rawTar, sha256Of, untilNoLayerIsLeft } from './support.ts';

const good: RawMember = { path: 'app/app.js', content: 'x'.repeat(3000) };

const bad: Readonly<Record<string, { readonly bytes: Buffer; readonly message: RegExp }>> = {
  'a file outside': {
    bytes: rawTar({ path: 'app/../../x', content: 'x' }),
    message: /'app\/\.\.\/\.\.\/x' would leave the directory/,
  },
  'an absolute name': { bytes: rawTar({ path: '/tmp/x', content: 'x' }), message: /'\/tmp\/x' has an absolute name/ },
  'a file behind a link of its own': {
    bytes: rawTar({ path: 'app/l', type: 'SymbolicLink', linkpath: '/tmp' }, { path: 'app/l/x', content: 'x' }),
    message: /'app\/l\/x' would be written through 'app\/l', which is a symbolic link/,
  },
  'a hard link to what is elsewhere': {
    bytes: rawTar({ path: 'app/l', type: 'Link', linkpath: 'app/app.js' }),
    message: /'app\/l' is a link to 'app\/app.js', which is no file before it/,
  },
  'a device': { bytes: rawTar({ path: 'app/sda', type: 'BlockDevice' }), message: /'app\/sda' is a device or a pipe/ },
  'a pipe': { bytes: rawTar({ path: 'app/p', type: 'FIFO' }), message: /'app\/p' is a device or a pipe/ },
  'the same file twice': { bytes: rawTar(good, good), message: /'app\/app.js' is there twice/ },
  'what takes away what is above': {
    bytes: rawTar({ path: 'app/.wh...' }),
    message: /'app\/\.wh\.\.\.' takes nothing away that has a name/,
  },
  'what takes away and has content': {
    bytes: rawTar({ path: 'app/.wh.x', content: 'x' }),
    message: /'app\/\.wh\.x' takes something away and is no empty file/,
  },
  'what takes away and is a link': {
    bytes: rawTar({ path: 'app/.wh.x', type: 'SymbolicLink', linkpath: 'y' }),
    message: /'app\/\.wh\.x' takes something away and is no empty file/,
  },
  'what is not known of images': {
    bytes: rawTar({ path: '.wh..wh.plnk' }),
    message: /is of a kind that is not known here/,
  },
  'more than there is room for': {
    bytes: rawTar({ path: 'app/big', content: 'x'.repeat(200_000) }),
    message: /The layer unpacks to more than the \S+ that are allowed/,
  },
  'an end that is missing': { bytes: rawTar(good).subarray(0, 1536), message: /it is no whole, plain tar/ },
  'something else': {
    bytes: Buffer.from('no tar at all, and long enough. '.repeat(40)),
    message: /it is no whole, plain tar/,
  },
  'a compressed tar': { bytes: gzipSync(rawTar(good)), message: /it is no whole, plain tar \(it is compressed\)/ },
};

async function stageIt(scope: Scope, source: Parameters<typeof stageLayer>[0], usesLocalFiles = true) {
  const directory = await scratchDirectory(scope);
  const work = () => stageLayer(source, { directory, usesLocalFiles }, 100_000, new AbortController().signal);
  return { directory, work };
}

describe('a bad layer', (it) => {
  for (const [what, { bytes, message }] of Object.entries(bad)) {
    it(`is refused, and leaves nothing: ${what}`, async (scope) => {
      const { directory, work } = await stageIt(scope, await layerFile(scope, bytes));

      assert.match((await thrownBy(work)).message, message);
      assert.equal(await readdir(directory), []);
    });
  }

  it('is told from the right one by its bytes, whatever else is wrong with it', async (scope) => {
    for (const bytes of [rawTar(good), rawTar(good).subarray(0, 1536), Buffer.from('x')]) {
      const source = await layerFile(scope, bytes);
      const { directory, work } = await stageIt(scope, { ...source, sha256: 'A'.repeat(64) });

      const { message } = await thrownBy(work);

      assert.is(
        message,
        `The layer cannot be had: what ${source.file} holds has the SHA-256 ${source.sha256}, not ${'a'.repeat(64)}.`,
      );
      assert.equal(await readdir(directory), []);
    }
  });

  it('ends an instance that should start with it, which says why', async (scope) => {
    const dea = await openDea(scope, { crashesKept: 0 });
    const droplet = await watchedDroplet(scope);
    const layer = await layerFile(
      scope,
      rawTar({ path: 'app/app.js', content: answering('v1') }, { path: 'app/p', type: 'FIFO' }),
    );
    const request = requestFor(droplet, { layer });

    start(dea, request);

    const { reason, exit_description: why } = await exitOf(dea, request.droplet);
    assert.is(reason, 'CRASHED');
    assert.is(
      why,
      `could not be started: The layer's entry 'app/p' is a device or a pipe. Make the tar again, with plain files, directories and links only.`,
    );
    await untilNothingIsLeft(dea);
    await untilNoLayerIsLeft(dea);
  });
});

describe('where a layer comes from', (it) => {
  it('is its file where that is on this machine, else its address', async (scope) => {
    const dea = await openDea(scope);
    const droplet = await watchedDroplet(scope);
    const { file, sha256 } = await layerOf(scope, { 'app/app.js': answering('v1') });
    const { url, asked } = await serveDroplets(scope, { '/layer': file });
    const sources = [
      { sha256, file, uri: url('/not-here') },
      { sha256, file: join(file, 'nowhere'), uri: url('/layer') },
      { sha256: sha256.toUpperCase(), uri: url('/layer') },
      { sha256, file: '', uri: url('/layer') },
    ];

    for (const layer of sources) {
      const { port } = await startRunning(dea, requestFor(droplet, { layer }));
      assert.is(await textAt(port), 'v1');
    }

    assert.equal([...asked], [['/layer', 3]]);
    await untilNoLayerIsLeft(dea);
  });

  it('is always its address where files are not shared', async (scope) => {
    const dea = await openDea(scope, { forceHttpSharing: true });
    const { file, sha256 } = await layerOf(scope, { 'app/app.js': answering('v1') });
    const droplet = await watchedDroplet(scope);
    const { url, asked } = await serveDroplets(scope, { '/layer': file, '/droplet': droplet.path });
    const layer = { sha256, file, uri: url('/layer') };

    const { port } = await startRunning(dea, requestFor(droplet, { layer, executableUri: url('/droplet') }));

    assert.is(await textAt(port), 'v1');
    assert.is(asked.get('/layer'), 1);
  });

  it('may be wrong: then it is named, without its password', async (scope) => {
    const { url } = await serveDroplets(scope, {});
    const bytes = rawTar(good);
    const at = (uri: string) => ({ sha256: sha256Of(bytes), uri });
    const withPassword = url('/nothing').replace('http://', 'http://dea:secret@');

    const { work: missing } = await stageIt(scope, at(withPassword));
    const { work: refused } = await stageIt(scope, at('http://dea:secret@127.0.0.1:9/layer'));

    assert.is((await thrownBy(missing)).message, `The layer cannot be had: ${url('/nothing')} answered 404.`);
    assert.match(
      (await thrownBy(refused)).message,
      /^The layer cannot be had: http:\/\/127\.0\.0\.1:9\/layer cannot be reached: /,
    );
  });

  it('is no pipe that somebody put there', async (scope) => {
    const { file, ...source } = await layerFile(scope, rawTar(good));
    await writeFile(file, 'other bytes');
    const { work } = await stageIt(scope, { ...source, file: '/dev/zero' });

    assert.match((await thrownBy(work)).message, /never-asked cannot be reached/);
    assert.is(await readFile(file, 'utf8'), 'other bytes');
  });
});
