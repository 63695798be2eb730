import { mkdir, readFile, rename, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { sleep, waitFor } from '#ground/wait.ts';
import { startLocalpaas } from '../support/localpaas.ts';
import { describe } from '../support/spec.ts';
import { standStill } from '../support/stand-still.ts';
import { visit } from '../support/visitors.ts';
import { copyOf, edit, startWatch } from '../support/watch.ts';

const limits = { timeoutMs: 90_000 };

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
        visit({ port: paas.port, host: `hello-node.localhost:${paas.port}`, keepAlive, everyMs: 5 }),
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
      const visitor = visit({
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
      const said = watch.events.flatMap((each) => (each.event === 'log' ? each.text : []));
      assert.ok(
        said.some((text) => text.includes('Unexpected token')),
        'the app’s own words were shown',
      );

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
    'waits for a fix when already the first push fails to start',
    async (scope) => {
      const paas = await startLocalpaas(scope);
      const folder = await copyOf(scope, 'hello-node');
      await edit(join(folder, 'app.js'), 'const port', 'const const port');
      const watch = await startWatch(scope, paas, folder);
      assert.is((await watch.next('failed')).stillServing, null);

      await edit(join(folder, 'app.js'), 'const const port', 'const port');

      await watch.next('serving');
      assert.match((await paas.get('hello-node')).body, 'Hello from Node');
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
    'serves on while its folder is gone or cannot be pushed, and goes on when it is back',
    async (scope) => {
      const paas = await startLocalpaas(scope);
      const folder = await copyOf(scope, 'hello-node');
      const watch = await startWatch(scope, paas, folder);
      await watch.next('watching');

      await rename(folder, `${folder}-away`);
      assert.match((await watch.next('unusable')).problems[0]?.message ?? '', 'hello-node is gone');
      assert.match((await paas.get('hello-node')).body, 'Hello from Node');
      await rename(`${folder}-away`, folder);
      await watch.next('usable');

      await symlink('/etc/passwd', join(folder, 'passwords'));
      assert.match((await watch.next('unusable')).problems[0]?.message ?? '', "'passwords' is a link to '/etc/passwd'");
      await edit(join(folder, 'app.js'), 'from Node', 'from there');
      await rm(join(folder, 'passwords'));
      await watch.next('serving');
      assert.match((await paas.get('hello-node')).body, 'Hello from there');
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
    'sees all that changed while it stood still',
    async (scope) => {
      const paas = await startLocalpaas(scope);
      const folder = await copyOf(scope, 'hello-node');
      const watch = await startWatch(scope, paas, folder);
      await watch.next('watching');

      await standStill(watch.pid);
      await edit(join(folder, 'app.js'), 'from Node', 'from 1');
      await edit(join(folder, 'app.js'), 'from 1', 'from 2');
      await writeFile(join(folder, 'more.js'), '');
      process.kill(watch.pid, 'SIGCONT');

      const { files } = await watch.next('serving');
      assert.equal([...files].sort(), ['app.js', 'more.js']);
      assert.match((await paas.get('hello-node')).body, 'from 2');
    },
    limits,
  );

  it(
    'is the only one of its app, until another takes it over',
    async (scope) => {
      const paas = await startLocalpaas(scope);
      const folder = await copyOf(scope, 'hello-node');
      const other = await copyOf(scope, 'hello-node');
      const watch = await startWatch(scope, paas, folder);
      await watch.next('watching');

      const refused = await paas.run(['watch'], { cwd: other });
      assert.is(refused.code, 4);
      assert.match(refused.err, `The watch of ${folder} (pid ${watch.pid}) has hello-node already`);
      assert.match(refused.err, '--take-over');

      await edit(join(other, 'app.js'), 'from Node', 'from the other');
      const second = await startWatch(scope, paas, other, { args: ['--take-over'] });
      await second.next('serving');
      assert.is((await watch.next('stopped')).takenOverFor, other);
      assert.is((await watch.stop()).code, 0);
      assert.match((await paas.get('hello-node')).body, 'from the other');

      process.kill(second.pid, 'SIGKILL');
      const third = await startWatch(scope, paas, folder);
      await third.next('serving');
    },
    limits,
  );

  it(
    'waits for a platform that is gone',
    async (scope) => {
      const paas = await startLocalpaas(scope);
      const folder = await copyOf(scope, 'hello-node');
      const watch = await startWatch(scope, paas, folder);
      await watch.next('watching');

      await paas.ok(['down']);
      await watch.next('lost');
      await edit(join(folder, 'app.js'), 'from Node', 'from after');
      const again = await startLocalpaas(scope, { home: paas.home });

      await watch.next('found');
      await watch.next('serving');
      const found = async () => ((await again.get('hello-node')).body.includes('from after') ? true : undefined);
      await waitFor('the new version', found, { limitMs: 10_000 });
    },
    limits,
  );
});
