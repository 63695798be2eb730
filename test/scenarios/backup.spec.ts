import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { homeOf, readPlatformRecord } from '#assembly/home.ts';
import { signalProcess } from '#ground/child.ts';
import { isAlive } from '#ground/processes.ts';
import { waitFor } from '#ground/wait.ts';
import { emptyHome, environmentOf, type Localpaas, runCommand, startLocalpaas } from '../support/localpaas.ts';
import { awaitAllRunning } from '../support/running-apps.ts';
import { scratchDirectory } from '../support/scratch.ts';
import { describe, type Scope } from '../support/spec.ts';

/** The values that are the hardest to keep. */
const values: Readonly<Record<string, string>> = {
  QUOTES: `it's "quoted" and \\'escaped\\'`,
  LINES: 'first\nsecond\r\n\nlast\n',
  SHELL: '$HOME `id` $(id) \\$ ! * ? ~ # ; & | < > {a,b} %s',
  UNICODE: 'ümläut · 🐳 · \u202eright to left',
  CONTROL: '\u0001\u0007\u001b[31m\u007f',
  BLANKS: '  leading and trailing\t ',
  EMPTY: '',
  LARGE: 'x'.repeat(90_000),
};

type Seen = Readonly<Record<string, string>>;

async function pushWithValues(paas: Localpaas, scope: Scope, app: string): Promise<void> {
  await paas.ok(['push', 'test/fixtures/echo-env', '--name', app, '--no-start', '--memory', '64M']);
  const file = join(await scratchDirectory(scope), 'value');
  for (const [name, value] of Object.entries(values)) {
    await writeFile(file, `${value}\n`);
    await paas.ok(['set-env', app, name, '--file', file]);
  }
  await paas.ok(['start', app]);
}

async function valuesOf(paas: Localpaas, host: string): Promise<Seen> {
  const seen = JSON.parse((await paas.get(host)).body) as Seen;
  return Object.fromEntries(Object.keys(values).map((name) => [name, seen[name] ?? 'missing']));
}

/** What the second app says at each of its addresses, whichever of its instances is asked. */
async function answersOf(paas: Localpaas): Promise<readonly string[]> {
  const places = [['two'], ['www'], ['shop', '/v2']] as const;
  const ask = async () => {
    const answers = await Promise.all(places.map(([host, path]) => paas.get(host, path)));
    // The router hears of a route a moment after whoever made it was answered.
    return answers.some(({ body }) => body.includes('Requested route')) ? undefined : answers;
  };
  const answers = await waitFor('all routes', ask, { limitMs: 15_000, everyMs: 50 });
  return answers.map(({ status, body }) => `${status} ${body.replace(/instance \d/, 'instance')}`);
}

/** Ends the platform as a power cut would, but for the apps, which the next one ends. */
async function kill(paas: Localpaas): Promise<void> {
  const record = await readPlatformRecord(homeOf(paas.home, {}));
  if (record === undefined) throw new Error('It has told nothing about itself.');
  signalProcess(paas.pid, 'SIGKILL');
  await waitFor('its end', async () => ((await isAlive(record)) ? undefined : true), { limitMs: 15_000 });
}

async function filesBelow(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.path, entry.name));
}

/** Pushes and changes an app again and again, as long as the work takes. */
async function whileChanging(paas: Localpaas, app: string, work: () => Promise<void>): Promise<number> {
  let isDone = false;
  let changes = 0;
  const changing = (async () => {
    while (!isDone) {
      const folder = changes % 2 === 0 ? 'sample-apps/hello-node' : 'test/fixtures/echo-request';
      await paas.ok(['push', folder, '--name', app, '--no-start', '--env', `CHANGE=${changes}`]);
      changes += 1;
    }
  })();
  try {
    await work();
  } finally {
    isDone = true;
    await changing;
  }
  return changes;
}

describe('a backup', (it) => {
  it(
    'brings revisions along, and any of them can be run again where it is restored',
    async (scope) => {
      const folder = await scratchDirectory(scope);
      const [app, file] = [join(folder, 'saved'), join(folder, 'saved.tar.gz')];
      await mkdir(app);
      await writeFile(join(app, 'package.json'), '{"main":"app.js"}');
      const paas = await startLocalpaas(scope);
      for (const version of ['one', 'two']) {
        const program = `createServer((_, response) => response.end('${version}')).listen(process.env.PORT);`;
        await writeFile(join(app, 'app.js'), `const { createServer } = require('node:http');\n${program}\n`);
        await paas.ok(['push', app, '-m', '64M']);
      }
      const shown = (of: Localpaas) => of.ok(['revisions', 'saved', '--json']);
      const before = await shown(paas);
      await paas.ok(['backup', file]);

      const home = await emptyHome(scope);
      await paas.ok(['restore', file, '--home', home]);
      const restored = await startLocalpaas(scope, { home });
      await awaitAllRunning(restored);

      assert.is(await shown(restored), before);
      await restored.ok(['rollback', 'saved']);
      assert.is((await restored.get('saved')).body, 'one');
    },
    { timeoutMs: 90_000 },
  );

  it(
    'made under changes brings the same platform to another home',
    async (scope) => {
      const paas = await startLocalpaas(scope);
      await pushWithValues(paas, scope, 'one');
      await paas.ok(['push', 'sample-apps/hello-node', '--name', 'two', '--instances', '2', '--memory', '64M']);
      await paas.ok(['map-route', 'two', 'www']);
      await paas.ok(['map-route', 'two', 'shop.localhost/v2']);
      await paas.ok(['push', 'sample-apps/hello-node', '--name', 'busy', '--no-start']);
      const before = await valuesOf(paas, 'one');
      assert.equal(before, values);
      const answers = await answersOf(paas);
      const folder = await scratchDirectory(scope);
      let backups = 0;

      const changes = await whileChanging(paas, 'busy', async () => {
        for (; backups < 5; backups += 1) {
          // The first one brings a new version up, for which some time passes.
          const more = backups === 0 ? [] : ['--no-restart'];
          await paas.ok(['set-env', 'one', 'ACKNOWLEDGED', String(backups), ...more]);
          await paas.ok(['backup', join(folder, `${backups}.tar.gz`)]);
        }
      });
      const password = await readFile(join(paas.home, 'cloud-controller', 'admin.json'), 'utf8');

      assert.ok(changes > 0);
      const home = await emptyHome(scope);
      const env = await environmentOf(home);
      for (let made = 0; made < backups; made += 1) {
        const { code, err } = await runCommand(['restore', join(folder, `${made}.tar.gz`), '--check'], env);
        assert.is(code, 0, err);
      }
      const restored = await runCommand(['restore', join(folder, `${backups - 1}.tar.gz`)], env);
      assert.is(restored.code, 0, restored.err);
      const other = await startLocalpaas(scope, { home });
      const apps = await awaitAllRunning(other);
      assert.equal(
        apps.map(({ name, health, instances }) => [name, health, instances.wanted]),
        [
          ['busy', 'stopped', 1],
          ['one', 'running', 1],
          ['two', 'running', 2],
        ],
      );
      assert.equal(await valuesOf(other, 'one'), before);
      const seen = async () => (JSON.parse((await other.get('one')).body) as Seen)['ACKNOWLEDGED'];
      assert.is(await seen(), '0', 'what ran, runs');
      await other.ok(['restart', 'one']);
      assert.is(await seen(), String(backups - 1), 'what was set, counts from the next start on');
      assert.equal(await answersOf(other), answers);
      assert.is(await readFile(join(home, 'cloud-controller', 'admin.json'), 'utf8'), password);
      assert.is((await other.run(['start', 'busy'])).code, 0);
    },
    { timeoutMs: 120_000 },
  );

  it(
    'of a platform that was killed has what was acknowledged last',
    async (scope) => {
      const home = await emptyHome(scope);
      const paas = await startLocalpaas(scope, { home });
      await paas.ok(['push', 'test/fixtures/echo-env', '--name', 'one', '--no-start']);
      await paas.ok(['set-env', 'one', 'LAST', 'word']);
      await kill(paas);
      const file = join(await scratchDirectory(scope), 'b.tar.gz');

      const { code, err } = await paas.run(['backup', file]);

      assert.is(code, 0, err);
      assert.not.match(err, /could not be read/);
      const replaced = await paas.run(['restore', file, '--replace']);
      assert.is(replaced.code, 0, replaced.err);
      const again = await startLocalpaas(scope, { home });
      assert.match(await again.ok(['env', 'one']), /LAST=word/);
    },
    { timeoutMs: 120_000 },
  );

  it(
    'of a platform whose store is damaged is made from the snapshot, and says so',
    async (scope) => {
      const home = await emptyHome(scope);
      const paas = await startLocalpaas(scope, { home });
      await paas.ok(['push', 'test/fixtures/echo-env', '--name', 'one', '--no-start']);
      await paas.ok(['down']);
      const folder = await scratchDirectory(scope);
      for (const file of await filesBelow(join(home, 'nats-server', 'store'))) {
        if (file.endsWith('.blk')) await writeFile(file, Buffer.alloc((await stat(file)).size, 'damaged'));
      }
      const noServer = { LOCALPAAS_NATS_SERVER: join(folder, 'not-there') };

      for (const [name, env] of Object.entries({ damaged: {}, 'without-server': noServer })) {
        const { code, err } = await paas.run(['backup', join(folder, name)], { env });
        assert.is(code, 0, err);
        assert.match(err, /warning .*store could not be read .*\. The backup is made from the copy beside it/);
        const checked = await paas.run(['restore', join(folder, name), '--check', '--json']);
        assert.equal((JSON.parse(checked.out) as { apps: string[] }).apps, ['one']);
      }
    },
    { timeoutMs: 120_000 },
  );
});
