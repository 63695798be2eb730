import { cp, mkdir, readdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { environmentVariableOf, processTable } from '#ground/processes.ts';
import { waitFor } from '#ground/wait.ts';
import { type Localpaas, startLocalpaas } from '../support/localpaas.ts';
import { scratchDirectory } from '../support/scratch.ts';
import { describe, type Scope } from '../support/spec.ts';

/** A push that must fail. @returns everything it printed */
async function failedPush(paas: Localpaas, args: readonly string[], code = 1): Promise<string> {
  const ran = await paas.run(['push', ...args]);
  const said = ran.out + ran.err;
  assert.is(ran.code, code, said);
  return said;
}

/** Directories of instances that are kept, crashed ones aside. */
async function processesOf(paas: Localpaas): Promise<number[]> {
  const rows = await processTable();
  const apps = join(paas.home, 'dea');
  return rows.filter((row) => environmentVariableOf(row.pid, 'HOME')?.startsWith(apps) === true).map((row) => row.pid);
}

async function nothingRuns(paas: Localpaas): Promise<void> {
  await waitFor('all processes to be gone', async () => ((await processesOf(paas)).length === 0 ? true : undefined), {
    limitMs: 15_000,
    everyMs: 50,
  });
}

async function appOf(scope: Scope, files: Record<string, string>): Promise<string> {
  const directory = join(await scratchDirectory(scope), 'app');
  await mkdir(directory);
  for (const [name, content] of Object.entries(files)) await writeFile(join(directory, name), content);
  return directory;
}

describe('an app that cannot run', (it) => {
  it(
    'exits 0: that is said',
    async (scope) => {
      const paas = await startLocalpaas(scope);

      const said = await failedPush(paas, ['test/fixtures/exits-zero', '--name', 'bad']);

      assert.match(said, /status 0/);
      await paas.ok(['delete', 'bad', '-f']);
      await nothingRuns(paas);
    },
    { timeoutMs: 120_000 },
  );

  it(
    'never listens: the port and the time are said, and it is stopped',
    async (scope) => {
      const paas = await startLocalpaas(scope);

      const said = await failedPush(paas, ['test/fixtures/never-listens', '--name', 'bad', '--timeout', '2']);

      assert.match(said, /did not .*port \d+.* 2 s/);
      await paas.ok(['delete', 'bad', '-f']);
      await nothingRuns(paas);
    },
    { timeoutMs: 120_000 },
  );

  it(
    'forks and leaves: what it left is found and ended',
    async (scope) => {
      const paas = await startLocalpaas(scope);

      // The daemon answers before its parent has left, so the push may have seen a running app.
      await paas.run(['push', 'test/fixtures/forks-and-leaves', '--name', 'bad']);

      await waitFor(
        'the reason',
        async () => (/left a process behind/.test(await paas.ok(['events', 'bad'])) ? true : undefined),
        { limitMs: 15_000, everyMs: 100 },
      );

      await paas.ok(['delete', 'bad', '-f']);
      await nothingRuns(paas);
    },
    { timeoutMs: 120_000 },
  );

  it(
    'uses too much memory: it is ended, and its log says why',
    async (scope) => {
      const paas = await startLocalpaas(scope);
      await paas.ok(['push', 'test/fixtures/eats-memory', '--name', 'bad', '--memory', '128M']);

      await waitFor(
        'the reason',
        async () => (/memory limit of 128M/.test(await paas.ok(['logs', 'bad', '--recent'])) ? true : undefined),
        { limitMs: 20_000, everyMs: 200 },
      );
      assert.match(await paas.ok(['events', 'bad']), 'memory');
    },
    { timeoutMs: 120_000 },
  );

  it(
    'is of no known kind: what to do is said',
    async (scope) => {
      const paas = await startLocalpaas(scope);
      const directory = await appOf(scope, { 'notes.txt': 'nothing to run' });

      const said = await failedPush(paas, [directory, '--name', 'bad']);

      assert.match(said, '--command');
    },
    { timeoutMs: 120_000 },
  );
});

describe('a push of what is no app', (it) => {
  it(
    'is refused, and leaves no app behind',
    async (scope) => {
      const paas = await startLocalpaas(scope);
      const empty = await appOf(scope, {});
      const outside = await appOf(scope, { 'app.js': '' });
      await symlink('/etc/passwd', join(outside, 'link'));

      assert.match(await failedPush(paas, ['/nowhere/at/all'], 2), '/nowhere/at/all');
      assert.match(await failedPush(paas, [empty], 2), 'empty');
      assert.match(await failedPush(paas, [outside], 2), 'link');

      assert.equal(JSON.parse(await paas.ok(['apps', '--json'])), []);
      const blobs = await readdir(join(paas.home, 'cloud-controller', 'blobs'), {
        recursive: true,
        withFileTypes: true,
      });
      assert.equal(
        blobs.filter((entry) => entry.isFile()),
        [],
      );
    },
    { timeoutMs: 120_000 },
  );

  it(
    'may not take a name of the platform',
    async (scope) => {
      const paas = await startLocalpaas(scope);
      await paas.ok(['push', 'sample-apps/hello-node']);

      const { code, err } = await paas.run(['map-route', 'hello-node', 'api']);

      assert.is(code, 1);
      assert.match(err, 'belongs to the platform');
    },
    { timeoutMs: 120_000 },
  );

  it(
    'keeps an unfinished copy of the tree out of the running app',
    async (scope) => {
      const paas = await startLocalpaas(scope);
      const directory = join(await scratchDirectory(scope), 'app');
      await cp('sample-apps/hello-node', directory, { recursive: true });
      await paas.ok(['push', directory, '--name', 'hello']);
      await writeFile(join(directory, 'package.json'), '{ not json');

      const ran = await paas.run(['push', directory, '--name', 'hello']);

      assert.is(ran.code, 1, ran.out + ran.err);
      assert.is((await paas.get('hello')).status, 200);
    },
    { timeoutMs: 120_000 },
  );
});
