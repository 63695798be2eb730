import { mkdir, readFile, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { sleep, waitFor } from '#ground/wait.ts';
import { startLocalpaas } from '../support/localpaas.ts';
import { describe } from '../support/spec.ts';
import { visit } from '../support/visitors.ts';
import { copyOf, edit, startWatch } from '../support/watch.ts';

const limits = { timeoutMs: 180_000 };

describe('a watch', (it) => {
  it(
    'serves what is saved, and loses no request',
    async (scope) => {
      const paas = await startLocalpaas(scope);
      const folder = await copyOf(scope, 'hello-node');
      const watch = await startWatch(scope, paas, folder);
      const first = await watch.next('serving');
      assert.is(first.app, 'hello-node');
      assert.is((await watch.next('watching')).files, 3);
      const visitors = [true, false].map((keepAlive) =>
        visit(scope, { port: paas.port, host: `hello-node.localhost:${paas.port}`, keepAlive, everyMs: 5 }),
      );

      for (let version = 1; version <= 5; version += 1) {
        await edit(join(folder, 'app.js'), /from .*, instance/, `from version ${version}, instance`);
        const { what, files } = await watch.next('serving');
        assert.equal([what, files], ['app.js changed', ['app.js']]);
        assert.match((await paas.get('hello-node')).body, `Hello from version ${version}`);
      }

      for (const each of visitors) assert.equal((await each.stop()).failures, []);
      const { code, err } = await watch.stop();
      assert.is(code, 0);
      assert.is(err.replaceAll(/^warning.*\n/gm, ''), '');
      assert.is(watch.events.at(-1)?.event, 'stopped');
      assert.match((await paas.get('hello-node')).body, 'version 5');
    },
    limits,
  );

  it(
    'leaves the old version serving when a new one does not start, says where it fails, and takes the next',
    async (scope) => {
      const paas = await startLocalpaas(scope);
      const folder = await copyOf(scope, 'hello-node');
      const file = join(folder, 'app.js');
      const watch = await startWatch(scope, paas, folder);
      await watch.next('serving');
      const visitor = visit(scope, {
        port: paas.port,
        host: `hello-node.localhost:${paas.port}`,
        keepAlive: false,
        everyMs: 10,
      });

      await edit(file, 'const port', 'const const port');
      const failed = await watch.next('failed');
      assert.equal(failed.place, { path: 'app.js', line: 8 });
      assert.match(failed.reason ?? '', /SyntaxError: Unexpected token 'const'/);
      assert.is(failed.error.code, 'START_UNSUCCESSFUL');
      assert.ok(failed.stillServing);
      assert.match((await paas.get('hello-node')).body, 'Hello from Node');
      // The log is followed beside the deployment, and may come a moment later.
      const isSaid = () => watch.events.some((each) => each.event === 'log' && each.text.includes('Unexpected token'));
      await waitFor('the app’s own words', () => isSaid() || undefined, { limitMs: 20_000 });

      const broken = await readFile(file);
      await writeFile(file, broken);
      await watch.next('failed');

      await edit(file, 'const const port', 'const port');
      await watch.next('reverted');
      await edit(file, 'from Node', 'from here');
      await watch.next('serving');
      assert.match((await paas.get('hello-node')).body, 'Hello from here');
      assert.equal((await visitor.stop()).failures, []);
    },
    limits,
  );

  it(
    'deploys once for many files, and not for what is ignored or saved as it was',
    async (scope) => {
      const paas = await startLocalpaas(scope);
      const folder = await copyOf(scope, 'static-files');
      await writeFile(join(folder, '.cfignore'), '*.log\n');
      const watch = await startWatch(scope, paas, folder, { args: ['--no-logs'] });
      await watch.next('watching');

      await writeFile(join(folder, 'x.log'), 'ignored');
      await writeFile(join(folder, 'public/.index.html.swp'), 'an editor');
      const page = await readFile(join(folder, 'public/index.html'));
      await writeFile(join(folder, 'public/index.html'), page);
      assert.equal((await watch.next('unchanged')).files, ['public/index.html']);
      await utimes(join(folder, 'public/index.html'), 1, 1);
      await sleep(500);

      await mkdir(join(folder, 'public/many'));
      await Promise.all(
        Array.from({ length: 1_000 }, (_, index) =>
          writeFile(join(folder, 'public/many', `${index}.html`), `page ${index}`),
        ),
      );
      const { what } = await watch.next('serving');
      assert.match(what, /^1,00\d files changed$/);
      assert.is((await paas.get('static-files', '/many/999.html')).body, 'page 999');
      await sleep(1_000);

      const kinds = watch.events.map(({ event }) => event).filter((kind) => kind !== 'settled');
      assert.equal(kinds, ['serving', 'watching', 'unchanged', 'serving']);
    },
    limits,
  );

  it(
    'follows the manifest',
    async (scope) => {
      const paas = await startLocalpaas(scope);
      const folder = await copyOf(scope, 'hello-node');
      const watch = await startWatch(scope, paas, folder);
      await watch.next('watching');
      const manifest = join(folder, 'manifest.yml');
      const text = await readFile(manifest, 'utf8');

      await writeFile(manifest, `${text}    env:\n      GREETING: Servus\n`);
      assert.is((await watch.next('serving')).what, 'manifest.yml changed');
      assert.match((await paas.get('hello-node')).body, 'Servus from Node');

      await writeFile(manifest, `${text}    env: [\n`);
      assert.is((await watch.next('failed')).error.code, 'BAD_INPUT');
      assert.match((await paas.get('hello-node')).body, 'Servus from Node');

      await writeFile(manifest, `${text}    env:\n      GREETING: Moin\n`);
      await watch.next('serving');
      assert.match((await paas.get('hello-node')).body, 'Moin from Node');
    },
    limits,
  );

  it(
    'has the pages of the app reload themselves for as long as it lasts',
    async (scope) => {
      const paas = await startLocalpaas(scope);
      const folder = await copyOf(scope, 'hello-node');
      const annotations = async () => {
        const apps = JSON.parse(await paas.ok(['curl', '/v3/apps?names=hello-node']));
        return apps.resources[0].metadata.annotations;
      };

      const watch = await startWatch(scope, paas, folder, { args: ['--reload'] });
      await watch.next('watching');
      assert.is((await annotations())['localpaas/live-reload'], 'true');

      await watch.stop();
      assert.is((await annotations())['localpaas/live-reload'], undefined);
    },
    limits,
  );
});
