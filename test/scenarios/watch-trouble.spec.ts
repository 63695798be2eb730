import { appendFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { waitFor } from '#ground/wait.ts';
import { startLocalpaas } from '../support/localpaas.ts';
import { scratchDirectory } from '../support/scratch.ts';
import { describe } from '../support/spec.ts';
import { standStill } from '../support/stand-still.ts';
import { copyOf, edit, startWatch } from '../support/watch.ts';

const limits = { timeoutMs: 180_000 };

describe('a watch in trouble', (it) => {
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
      await second.stop(); // it has ended then
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
      await waitFor('the new version', found, { limitMs: 15_000 });
    },
    limits,
  );

  it(
    'tells when a version dies in its first seconds, and the one before it serves again',
    async (scope) => {
      const paas = await startLocalpaas(scope);
      const folder = await copyOf(scope, 'hello-node');
      const file = join(folder, 'app.js');
      const watch = await startWatch(scope, paas, folder);
      await watch.next('watching');

      const flag = join(await scratchDirectory(scope), 'flag');
      const dies = `setInterval(() => { if (require('fs').existsSync('${flag}')) throw new Error('no flux'); }, 20);`;
      await appendFile(file, `\n${dies}\n`);
      await watch.next('serving');
      await writeFile(flag, '');
      const { place, reason } = await watch.next('withdrawn');
      assert.is(place?.path, 'app.js');
      assert.is(reason, 'Error: no flux');
      assert.match((await paas.get('hello-node')).body, 'Hello from Node');

      await edit(file, dies, '');
      await watch.next('serving');
      assert.match((await paas.get('hello-node')).body, 'Hello from Node');
    },
    limits,
  );

  it(
    'looks at the folder again and again where the system has no watches to give',
    async (scope) => {
      const paas = await startLocalpaas(scope);
      const folder = await copyOf(scope, 'hello-node');
      // In a user namespace of its own a process may lower the limit for itself.
      const lowered = 'echo 0 > /proc/sys/user/max_inotify_watches && exec "$@"';
      const under = ['unshare', '--user', '--map-root-user', 'sh', '-c', lowered, 'sh'];
      const watch = await startWatch(scope, paas, folder, { under });
      assert.match((await watch.next('polling')).why, 'fs.inotify.max_user_watches');
      await watch.next('watching');

      await edit(join(folder, 'app.js'), 'from Node', 'from a look');

      await watch.next('serving');
      assert.match((await paas.get('hello-node')).body, 'from a look');
    },
    limits,
  );
});
