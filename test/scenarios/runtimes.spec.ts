import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import * as v from 'valibot';
import { RuntimesOfDea } from '#contract/runtimes.ts';
import { emptyHome, environmentOf, runCommand, startLocalpaas } from '../support/localpaas.ts';
import { scratchDirectory } from '../support/scratch.ts';
import { describe, type Scope } from '../support/spec.ts';
import { placeScript } from '../workload/runtimes/fake-programs.ts';

const Answer = v.looseObject({
  running: v.boolean(),
  deas: v.array(v.looseObject({ runtimes: RuntimesOfDea.entries.runtimes })),
});

const server = `
require('node:http').createServer((_, answer) => answer.end(process.version)).listen(process.env.PORT);
`;

/** A node app that asks for these versions. */
async function appFor(scope: Scope, engines: string): Promise<string> {
  const directory = join(await scratchDirectory(scope), 'app');
  await mkdir(directory);
  await writeFile(join(directory, 'app.js'), server);
  await writeFile(join(directory, 'package.json'), JSON.stringify({ engines: { node: engines } }));
  return directory;
}

describe('versions of runtimes', (it) => {
  it(
    'are honoured, or refused with what there is',
    async (scope) => {
      const paas = await startLocalpaas(scope);
      const [fitting, late] = [await appFor(scope, '>=18'), await appFor(scope, '>=99')];

      await paas.ok(['push', fitting, '--name', 'fitting']);
      assert.match((await paas.get('fitting')).body, /^v\d+\./);

      const refused = await paas.run(['push', late, '--name', 'late']);

      assert.is(refused.code, 1);
      const said =
        /needs node >=99 \(package\.json, engines\); this machine has node \d[^\n]*\. Install a node that fits, or change the constraint/;
      assert.match(refused.out + refused.err, said);

      const { running, deas } = v.parse(Answer, JSON.parse(await paas.ok(['runtimes', '--json'])));
      assert.is(running, true);
      assert.ok(deas[0]?.runtimes.some(({ family, is_default }) => family === 'node' && is_default));
    },
    { timeoutMs: 120_000 },
  );

  it(
    'that only a manager keeps are found, and come first in the PATH of the app',
    async (scope) => {
      const manager = await scratchDirectory(scope);
      const bin = join(manager, 'versions/node/v98.7.6/bin');
      await mkdir(bin, { recursive: true });
      await copyFile(process.execPath, join(bin, 'node'));
      const paas = await startLocalpaas(scope, { env: { NVM_DIR: manager } });
      const app = await appFor(scope, '^98');
      const answer = "process.execPath + ' ' + process.env.PATH.split(':')[0]";
      await writeFile(
        join(app, 'app.js'),
        server.replace('process.version', () => answer),
      );

      await paas.ok(['push', app, '--name', 'managed']);

      assert.is((await paas.get('managed')).body, `${bin}/node ${bin}`);
    },
    { timeoutMs: 120_000 },
  );

  it(
    'are not looked for before somebody asks, and each program is asked once',
    async (scope) => {
      const directory = await scratchDirectory(scope);
      const ruby = await placeScript(join(directory, 'ruby'), 'ruby 98.7.6p5');
      const asked = () => readFile(`${ruby}.asked`, 'utf8').catch(() => '');
      const paas = await startLocalpaas(scope, { env: { PATH: `${directory}:${process.env['PATH']}` } });
      await paas.ok(['status']);
      assert.is(await asked(), '');

      const shown = await paas.ok(['runtimes']);
      await paas.ok(['runtimes']);

      assert.match(shown, /^ruby987 +98\.7\.6 +script +PATH +yes +\S+\/ruby$/m);
      assert.is(await asked(), '--version\n');
    },
    { timeoutMs: 120_000 },
  );

  it('are shown without a platform, too', async (scope) => {
    const home = await emptyHome(scope);

    const { code, out, err } = await runCommand(['runtimes'], await environmentOf(home));

    assert.is(code, 0);
    assert.match(err, /No localpaas runs: this is what this machine has for one\./);
    assert.match(out, /^name +version +arch +from +default +path\n/);
    assert.match(out, /^node\d+ +\d+\.\d+\.\d+ +\w+ +\w+ +yes +\/\S+node$/m);
  });
});
