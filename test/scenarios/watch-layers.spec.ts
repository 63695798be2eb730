import { mkdirSync, readFileSync, readlinkSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { chmod, lstat, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { Random } from '../fuzz/random.ts';
import { type Localpaas, startLocalpaas } from '../support/localpaas.ts';
import { scratchDirectory } from '../support/scratch.ts';
import { describe } from '../support/spec.ts';
import { copyOf, edit, startWatch } from '../support/watch.ts';

const limits = { timeoutMs: 120_000 };

/** What the DEA and the app write there at run time. */
const atRunTime = /^(run\.pid|exit_status|logs|tmp|startup|stop)(\/|$)/;

/** The directory of the instance that answers, which says its pid. */
async function instanceOf(paas: Localpaas, app: string): Promise<string> {
  const [, pid] = /pid (\d+)/.exec((await paas.get(app)).body) ?? [];
  return join(readlinkSync(`/proc/${pid}/cwd`), '..');
}

/** Every path below a directory with its kind, its permissions and its content. */
async function treeOf(directory: string): Promise<Record<string, string>> {
  const tree: Record<string, string> = {};
  for (const path of (await readdir(directory, { recursive: true })).sort()) {
    if (atRunTime.test(path)) continue;
    const stats = await lstat(join(directory, path));
    const mode = (stats.mode & 0o777).toString(8);
    if (stats.isSymbolicLink()) tree[path] = `link ${readlinkSync(join(directory, path))}`;
    else if (stats.isDirectory()) tree[path] = `directory ${mode}`;
    else tree[path] = `file ${mode} ${await readFile(join(directory, path), 'base64')}`;
  }
  return tree;
}

describe('what is saved in a watched folder', (it) => {
  it(
    'is laid over what was staged, and the running files are those of a fresh push, whatever was changed',
    async (scope) => {
      const paas = await startLocalpaas(scope);
      const folder = await copyOf(scope, 'hello-node');
      mkdirSync(join(folder, 'src'));
      writeFileSync(join(folder, 'src/keep'), '');
      const watch = await startWatch(scope, paas, folder, { args: ['--no-logs'] });
      await watch.next('watching');
      const random = new Random(20_261_122);
      const files = ['lib/a.js', 'lib/b.txt', 'lib/deep/er/c.js', 'views/x.html', 'views/y', 'über/naïve file.css'];
      const names = files.map((name) => `src/${name}`);
      const put = (path: string, content: string) => {
        mkdirSync(join(folder, path, '..'), { recursive: true });
        writeFileSync(join(folder, path), content);
      };
      const steps: ((path: string, round: number) => void)[] = [
        (path, round) => put(path, `round ${round}\n`.repeat(random.below(5_000))),
        (path, round) => put(path, String(round)),
        (path) => rmSync(join(folder, path), { recursive: true, force: true }),
        (path) => rmSync(join(folder, path, '..'), { recursive: true, force: true }),
        (path) => renameSync(join(folder, path), join(folder, `${path}-renamed`)),
        (path) => mkdirSync(join(folder, path), { recursive: true }),
        (path) => symlinkSync('keep', join(folder, path)),
        (path, round) => put(`${path}/below`, String(round)),
      ];

      for (let round = 1; round <= 8; round += 1) {
        for (let count = random.below(6); count >= 0; count -= 1) {
          try {
            random.of(steps)(random.of(names), round);
          } catch {
            // Not every step is possible everywhere.
          }
        }
        await edit(join(folder, 'app.js'), /from .*, instance/, `from round ${round}, pid \${process.pid}, instance`);

        // On a busy machine what is changed here one after the other may be seen in two pieces.
        let body = '';
        while (!body.includes(`Hello from round ${round},`)) {
          assert.is((await watch.next('serving')).way, 'layered');
          body = (await paas.get('hello-node')).body;
        }
      }
      await chmod(join(folder, 'app.js'), 0o755);
      await watch.next('serving');
      const instance = await instanceOf(paas, 'hello-node');
      const layered = await treeOf(instance);
      await watch.next('settled');
      assert.is(await instanceOf(paas, 'hello-node'), instance, 'nothing was restarted');

      await paas.ok(['push', folder, '--name', 'fresh']);
      assert.equal(layered, await treeOf(await instanceOf(paas, 'fresh')));
      await paas.ok(['restart', 'hello-node']);
      assert.equal(await treeOf(await instanceOf(paas, 'hello-node')), layered, 'what took its place is the same');
    },
    limits,
  );

  it(
    'is staged where staging would notice, and from the first time on that it makes something else of the files',
    async (scope) => {
      const paas = await startLocalpaas(scope);
      const folder = join(await scratchDirectory(scope), 'built');
      mkdirSync(join(folder, 'src'), { recursive: true });
      const server =
        "require('http').createServer((_, answer) => answer.end(require('fs').readFileSync('built.txt'))).listen(process.env.PORT);";
      writeFileSync(join(folder, 'Procfile'), 'web: node server.js\n');
      writeFileSync(join(folder, 'server.js'), server);
      writeFileSync(join(folder, 'src/text'), 'one');
      writeFileSync(
        join(folder, 'stackato.yml'),
        'name: built\nhooks:\n  post-staging:\n    - cp src/text built.txt\n',
      );
      const watch = await startWatch(scope, paas, folder, { args: ['-b', 'procfile'] });
      await watch.next('watching');
      assert.is((await paas.get('built')).body, 'one');

      writeFileSync(join(folder, 'src/text'), 'two');
      assert.is((await watch.next('serving')).way, 'layered');
      assert.equal((await watch.next('restaging')).differences, ['app/built.txt']);
      assert.is((await watch.next('serving')).way, 'pushed');
      assert.is((await paas.get('built')).body, 'two');

      writeFileSync(join(folder, 'src/text'), 'three');
      assert.is((await watch.next('serving')).way, 'pushed');
      assert.is((await paas.get('built')).body, 'three');
    },
    limits,
  );

  it(
    'is pushed where it says how the app is made, and layers go on over that',
    async (scope) => {
      const paas = await startLocalpaas(scope);
      const folder = await copyOf(scope, 'hello-node');
      const watch = await startWatch(scope, paas, folder);
      await watch.next('watching');

      await edit(join(folder, 'package.json'), '1.0.0', '1.0.1');
      assert.is((await watch.next('serving')).way, 'pushed');
      writeFileSync(join(folder, 'another.js'), '');
      assert.is((await watch.next('serving')).way, 'pushed');
      await edit(join(folder, 'app.js'), 'from Node', 'from a layer');
      assert.is((await watch.next('serving')).way, 'layered');

      await paas.ok(['push', folder]);
      await edit(join(folder, 'app.js'), 'from a layer', 'from a push');
      assert.is((await watch.next('serving')).way, 'pushed', 'what ran was none of the watch');
      await edit(join(folder, 'app.js'), 'from a push', 'from a layer');
      assert.is((await watch.next('serving')).way, 'layered');
      assert.match((await paas.get('hello-node')).body, 'Hello from a layer');
    },
    limits,
  );

  it(
    'is put into the instances that run with --sync, and back again, and is what later ones begin with',
    async (scope) => {
      const paas = await startLocalpaas(scope);
      const folder = await copyOf(scope, 'static-files');
      const watch = await startWatch(scope, paas, folder, { args: ['--sync'] });
      await watch.next('watching');
      await paas.ok(['scale', 'static-files', '-i', '2']);
      const page = join(folder, 'public/index.html');
      const before = readFileSync(page, 'utf8');
      const pids = async () =>
        (JSON.parse(await paas.ok(['app', 'static-files', '--json'])) as { list: { pid: number }[] }).list.map(
          ({ pid }) => pid,
        );
      const running = await pids();

      for (const text of ['<p>one</p>', before, '<p>two</p>']) {
        writeFileSync(page, text);
        assert.is((await watch.next('serving')).way, 'synced');
        for (let count = 0; count < 4; count += 1) assert.is((await paas.get('static-files')).body, text);
      }

      assert.equal(await pids(), running, 'nothing was started');
      await watch.next('settled');
      await paas.ok(['restart', 'static-files']);
      assert.is((await paas.get('static-files')).body, '<p>two</p>');
    },
    limits,
  );
});
