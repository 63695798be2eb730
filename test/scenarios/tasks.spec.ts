import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { homeOf, readPlatformRecord } from '#assembly/home.ts';
import { signalProcess } from '#ground/child.ts';
import { isAlive } from '#ground/processes.ts';
import { waitFor } from '#ground/wait.ts';
import { emptyHome, type Localpaas, startLocalpaas } from '../support/localpaas.ts';
import { scratchDirectory } from '../support/scratch.ts';
import { describe, type Scope } from '../support/spec.ts';

const server = `require('node:http').createServer((_, response) => response.end(process.env.COLOUR ?? 'plain'))
  .listen(process.env.PORT);`;
const types = ['web: node web.js', 'worker: while true; do echo working as $COLOUR; sleep 0.2; done'];

async function shop(scope: Scope, procfile: readonly string[] = types): Promise<string> {
  const folder = join(await scratchDirectory(scope), 'shop');
  await mkdir(folder);
  await writeFile(join(folder, 'web.js'), server);
  await writeFile(join(folder, 'Procfile'), `${procfile.join('\n')}\n`);
  return folder;
}

interface Shown {
  readonly processes: readonly {
    readonly type: string;
    readonly memoryMb: number;
    readonly instances: { readonly running: number; readonly wanted: number };
  }[];
}
const shown = async (paas: Localpaas): Promise<Record<string, string>> => {
  const { processes } = JSON.parse(await paas.ok(['app', 'shop', '--json'])) as Shown;
  return Object.fromEntries(
    processes.map(({ type, instances: { running, wanted }, memoryMb }) => [type, `${running}/${wanted} ${memoryMb}M`]),
  );
};

interface TaskShown {
  readonly id: number;
  readonly state: string;
  readonly exitStatus: number | null;
  readonly reason: string | null;
}
const tasks = async (paas: Localpaas, app = 'shop'): Promise<TaskShown[]> =>
  JSON.parse(await paas.ok(['tasks', app, '--json'])) as TaskShown[];

function becomes(paas: Localpaas, id: number, state: string): Promise<TaskShown> {
  const look = async () => (await tasks(paas)).find((task) => task.id === id && task.state === state);
  return waitFor(`task ${id} to be ${state}`, look, { limitMs: 20_000 });
}

/** Resolves when the next DEA will know of so many processes, which run when they are noted. */
function untilNoted(home: string, count: number): Promise<true> {
  const snapshot = join(homeOf(home, {}).directoryOf('dea'), 'instances.json');
  const areNoted = async () => {
    const { instances } = JSON.parse(await readFile(snapshot, 'utf8')) as { instances: { process: object | null }[] };
    return instances.filter((instance) => instance.process !== null).length === count || undefined;
  };
  return waitFor(`${count} processes to be noted`, areNoted, { limitMs: 20_000 });
}

describe('an app with several processes', (it) => {
  it(
    'runs a worker beside web once somebody scales it, each with its own size and log',
    async (scope) => {
      const paas = await startLocalpaas(scope);
      const folder = await shop(scope);

      await paas.ok(['push', folder, '-b', 'procfile', '-m', '64M', '--env', 'COLOUR=green']);
      assert.equal(await shown(paas), { web: '1/1 64M', worker: '0/0 256M' });
      await paas.ok(['scale', 'shop', '-p', 'worker', '-i', '2', '-m', '32M']);

      assert.equal(await shown(paas), { web: '1/1 64M', worker: '2/2 32M' });
      assert.is((await paas.get('shop')).body, 'green');
      assert.match(await paas.ok(['apps']), /^shop +running +web 1\/1, worker 2\/2 /m);
      assert.match(await paas.ok(['app', 'shop']), /^worker +2 of 2 +32M .*while true; do/m);
      const hears = async () =>
        /\[APP\/PROC\/WORKER\/1\] OUT working as green/.test(await paas.ok(['logs', 'shop', '--recent']))
          ? true
          : undefined;
      await waitFor('the lines of the second worker', hears, { limitMs: 15_000 });

      const nowhere = await paas.run(['scale', 'shop', '-p', 'clock', '-i', '1']);
      assert.is(nowhere.code, 1);
      assert.match(nowhere.err, /shop has no process 'clock': it has web, worker\./);

      await paas.ok(['stop', 'shop']);
      assert.equal(await shown(paas), { web: '0/1 64M', worker: '0/2 32M' });
    },
    { timeoutMs: 120_000 },
  );

  it(
    'needs no web process',
    async (scope) => {
      const paas = await startLocalpaas(scope);
      const folder = await shop(scope, [types[1] ?? '']);

      const said = await paas.ok(['push', folder, '-b', 'procfile', '--no-route']);

      assert.match(said, /^state +running$/m);
      assert.equal(await shown(paas), { web: '0/0 256M', worker: '1/1 256M' });
    },
    { timeoutMs: 120_000 },
  );
});

describe('tasks', (it) => {
  it(
    'run with the files and the environment of an app, and end a command as they end',
    async (scope) => {
      const paas = await startLocalpaas(scope);
      const folder = await shop(scope);
      await paas.ok(['push', folder, '-b', 'procfile', '--env', 'COLOUR=green']);

      const good = await paas.run(['run-task', 'shop', 'ls; echo $COLOUR', '--wait', '--name', 'look']);
      assert.is(good.code, 0, good.err);
      assert.match(good.out, /^Procfile\nweb\.js\ngreen$/m);
      const bad = await paas.run(['run-task', 'shop', 'echo oh; exit 42', '--wait']);
      assert.is(bad.code, 42);
      assert.match(bad.err, /Task 2 \(\w+\) of shop failed: exited with status 42\./);
      assert.match(await paas.ok(['logs', 'shop', '--recent']), /\[APP\/TASK\/look\/0\] OUT green/);

      const started = JSON.parse(await paas.ok(['run-task', 'shop', 'sleep 100', '-m', '16M', '--json']));
      assert.is(started.id, 3);
      await becomes(paas, 3, 'running');
      assert.match(await paas.ok(['terminate-task', 'shop', '3']), 'Task 3 of shop has ended.');
      assert.match(
        await paas.ok(['tasks', 'shop']),
        /^3 .* failed .* sleep 100 +task was cancelled\n2 .* failed .*\n1 +look +succeeded /m,
      );
      for (const [id, why] of [
        ['3', /Task state is FAILED and therefore cannot be canceled/],
        ['9', /shop has no task 9/],
        ['x', /'x' is no number of a task/],
      ] as const) {
        const refused = await paas.run(['terminate-task', 'shop', id]);
        assert.is.not(refused.code, 0);
        assert.match(refused.err, why);
      }
      const large = await paas.run(['run-task', 'shop', 'true', '-m', '900G', '--wait']);
      assert.is(large.code, 1);
      assert.match(large.err, /no DEA has room for 921600 MB/);
      assert.equal(await shown(paas), { web: '1/1 256M', worker: '0/0 256M' }, 'the app runs on');
    },
    { timeoutMs: 120_000 },
  );

  it(
    'of apps that a framework plugin staged run just as well, also while the app is stopped',
    async (scope) => {
      const paas = await startLocalpaas(scope);
      await paas.ok(['push', 'sample-apps/hello-node', '--name', 'shop']);
      await paas.ok(['stop', 'shop']);

      const ran = await paas.run(['run-task', 'shop', 'ls app.js; echo $VCAP_APPLICATION', '--wait']);

      assert.is(ran.code, 0, ran.err);
      assert.match(ran.out, /^app\.js\n\{.*"application_name":"shop"/m);
    },
    { timeoutMs: 120_000 },
  );

  it(
    'work on while the platform is killed, and end with it when it is stopped',
    async (scope) => {
      const home = await emptyHome(scope);
      const first = await startLocalpaas(scope, { home });
      await first.ok(['push', await shop(scope), '-b', 'procfile']);
      const go = join(await scratchDirectory(scope), 'go');
      await first.ok(['run-task', 'shop', `until [ -e ${go} ]; do sleep 0.1; done; exit 6`]);
      await first.ok(['run-task', 'shop', 'exec sleep 600']);
      await untilNoted(home, 3);
      const record = await readPlatformRecord(homeOf(home, {}));
      assert.ok(record);
      signalProcess(first.pid, 'SIGKILL');
      await waitFor('its end', async () => ((await isAlive(record)) ? undefined : true), { limitMs: 15_000 });

      const second = await startLocalpaas(scope, { home });
      assert.equal(
        (await tasks(second)).map(({ state }) => state),
        ['running', 'running'],
      );
      await writeFile(go, '');
      assert.is((await becomes(second, 1, 'failed')).exitStatus, 6);
      await second.ok(['down']);

      const third = await startLocalpaas(scope, { home });
      assert.is((await becomes(third, 2, 'failed')).reason, 'was ended because the platform stopped');
    },
    { timeoutMs: 180_000 },
  );
});

describe('a release phase', (it) => {
  it(
    'runs before a new version does, and one that fails leaves the old version running',
    async (scope) => {
      const paas = await startLocalpaas(scope);
      const good = await shop(scope, [...types, 'release: echo migrating to $COLOUR']);
      const pushed = await paas.run(['push', good, '-b', 'procfile', '--env', 'COLOUR=green']);
      assert.is(pushed.code, 0, pushed.err);
      assert.match(pushed.err, /migrating to green/);
      assert.equal(await shown(paas), { web: '1/1 256M', worker: '0/0 256M' }, 'it is no process');

      const bad = await shop(scope, [...types, 'release: echo no such table; exit 3']);
      const refused = await paas.run(['push', bad, '-b', 'procfile', '--env', 'COLOUR=red']);

      assert.is(refused.code, 1);
      assert.match(
        refused.err.replace(/\s+/g, ' '),
        /shop cannot be staged: The release phase exited with status 3; its last lines: .*no such table\./,
      );
      assert.is((await paas.get('shop')).body, 'green');
      assert.equal(
        (await tasks(paas)).map(({ state }) => state),
        ['failed', 'succeeded'],
      );
    },
    { timeoutMs: 120_000 },
  );
});
