import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, open, readdir, readFile, rm, truncate, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { waitFor } from '#ground/wait.ts';
import { CarriedFiles, nameOfNatsServer, openSource } from '#packaging/carried-files.ts';
import { compiledIn } from '#packaging/compiled-code.ts';
import { describe, type Scope } from '../support/spec.ts';
import { executable, type Machine, machineFor, type Platform, withoutNode } from './machine.ts';

/** What an executable unpacks, by its name in the cache. */
function names() {
  const files = new CarriedFiles(openSource(executable()));
  const natsServer = nameOfNatsServer(files);
  return {
    natsServer,
    sha256: files.sha256('nats-server'),
    record: `${natsServer}.json`,
    compiled: `compiled-program-${files.id.slice(0, 16)}-${process.arch}`,
    node: new RegExp(`^node-v[\\d.]+-${files.index.node.sha256.slice(0, 16)}$`),
    assets: `files-${files.sha256('assets').slice(0, 16)}`,
  };
}

/** A machine where all of it was unpacked by an earlier run, which has ended. */
async function usedMachine(scope: Scope): Promise<Machine> {
  const machine = await machineFor(scope, { mount: withoutNode });
  await runOnce(machine);
  return machine;
}

/** One run with everything: a nats-server, an app on its own Node, the demo's files. It ends when all is kept. */
async function runOnce({ up, cache }: Machine): Promise<void> {
  const platform = await up('--demo');
  await demoOf(platform);
  await waitFor('everything to be kept', () => (isWhole(cache) ? true : undefined), { limitMs: 30_000, everyMs: 50 });
  await platform.stop();
}

/** Waits until the demo answers. */
async function demoOf({ get }: Platform): Promise<void> {
  const answer = async () => ((await get('hello-node')).status === 200 ? true : undefined);
  await waitFor('the demo', answer, { limitMs: 60_000, everyMs: 50 });
}

/** Whether everything that is unpacked is there, and what it should be. */
function isWhole(cache: string): boolean {
  const { natsServer, sha256, record, compiled, assets } = names();
  try {
    const [bytes, app] = [natsServer, join(assets, 'sample-apps/hello-node/app.js')].map((name) =>
      readFileSync(join(cache, name)),
    );
    JSON.parse(readFileSync(join(cache, record), 'utf8'));
    compiledIn(readFileSync(join(cache, compiled)));
    return (
      createHash('sha256')
        .update(bytes ?? '')
        .digest('hex') === sha256 && app?.equals(readFileSync('sample-apps/hello-node/app.js')) === true
    );
  } catch {
    return false; // not there, or damaged
  }
}

async function change(path: string): Promise<void> {
  await using file = await open(path, 'r+');
  const { size } = await file.stat();
  const { buffer } = await file.read(Buffer.alloc(1), 0, 1, Math.floor(size / 2));
  await file.write(Buffer.from([(buffer[0] ?? 0) ^ 0x10]), 0, 1, Math.floor(size / 2));
}

async function replaceByDirectory(path: string): Promise<void> {
  await rm(path, { recursive: true });
  await mkdir(join(path, 'with'), { recursive: true });
  await writeFile(join(path, 'with', 'something'), 'in it');
}

async function replaceByFile(path: string): Promise<void> {
  await rm(path, { recursive: true });
  await writeFile(path, 'no directory');
}

describe(
  'the cache of an executable',
  (it) => {
    it('holds what was unpacked, and the next run unpacks nothing', async (scope) => {
      const machine = await usedMachine(scope);
      const { natsServer, record, compiled, node, assets } = names();

      const [first, ...others] = (await readdir(machine.cache)).sort(
        (a, b) => Number(node.test(b)) - Number(node.test(a)),
      );
      assert.match(first ?? '', node);
      assert.equal(others.sort(), [assets, compiled, natsServer, record].sort());

      // Nobody may write there now; what would have to be unpacked would be found in the home.
      const later = await machineFor(scope, {
        home: machine.home,
        mount: `${withoutNode}; ${readOnly(machine.cache)}`,
      });
      await demoOf(await later.up('--demo'));
      assert.not.ok(existsSync(join(machine.home, '.localpaas/cache')));
    });

    it('is mended when it was damaged', async (scope) => {
      const machine = await usedMachine(scope);
      const { natsServer, record, compiled, assets } = names();
      const node = join((await readdir(machine.cache)).find((name) => names().node.test(name)) ?? '', 'node');
      const app = join(assets, 'sample-apps/hello-node/app.js');
      const damages: readonly [what: string, (path: string) => Promise<void>, files: readonly string[]][] = [
        ['a changed byte', change, [natsServer, record, compiled, app]],
        ['emptied', (path) => truncate(path, 0), [natsServer, record, compiled, app, node]],
        ['cut off', (path) => truncate(path, 100), [natsServer, record, compiled, app, node]],
        ['a directory', replaceByDirectory, [natsServer, record, compiled, app, node]],
        ['no directory', replaceByFile, [assets, join(node, '..')]],
        ['removed', (path) => rm(path, { recursive: true }), [natsServer, record, compiled, app, assets, node]],
      ];

      for (const [what, damage, files] of damages) {
        for (const file of files) await damage(join(machine.cache, file));
        assert.not.ok(isWhole(machine.cache), `it was damaged: ${what}`);
        await runOnce(machine);
        assert.ok(isWhole(machine.cache), `it was mended: ${what}`);
      }
      assert.not.ok(existsSync(join(machine.home, '.localpaas/cache')));
    });

    it('does not disturb another version, whose things of more than a month ago go', async (scope) => {
      const machine = await machineFor(scope);
      const recent = ['nats-server-0123456789abcdef', 'nats-server-0123456789abcdef.json', 'compiled-0123-x64'];
      const old = ['nats-server-fedcba9876543210', 'files-fedcba9876543210/file', 'node-v20.1.1-fedcba/node'];
      const foreign = 'something-of-the-user';
      for (const name of [...recent, ...old, foreign]) {
        await mkdir(join(machine.cache, name, '..'), { recursive: true });
        await writeFile(join(machine.cache, name), name);
      }
      const longAgo = new Date(Date.now() - 40 * 24 * 3_600_000);
      for (const name of [...old, foreign]) {
        for (const path of new Set([name, name.split('/')[0] ?? '']))
          await utimes(join(machine.cache, path), longAgo, longAgo);
      }

      await runOnce(machine);

      for (const name of [...recent, foreign]) assert.is(await readFile(join(machine.cache, name), 'utf8'), name);
      for (const name of old) assert.not.ok(existsSync(join(machine.cache, name)), name);
      assert.ok(isWhole(machine.cache));
    });

    it('is filled once by four first starts at the same time', async (scope) => {
      const first = await machineFor(scope);
      const machines = [
        first,
        ...(await Promise.all([1, 2, 3].map(() => machineFor(scope, { env: { LOCALPAAS_CACHE: first.cache } })))),
      ];

      const platforms = await Promise.all(machines.map(({ up }) => up('--demo')));
      await Promise.all(platforms.map(demoOf));
      await waitFor('everything to be kept', () => (isWhole(first.cache) ? true : undefined), {
        limitMs: 15_000,
        everyMs: 50,
      });
      await Promise.all(platforms.map(({ stop }) => stop()));

      const { natsServer, record, compiled, assets } = names();
      assert.equal((await readdir(first.cache)).sort(), [assets, compiled, natsServer, record].sort());
    });

    it('may be removed while a platform runs, which still starts apps on its own Node', async (scope) => {
      const machine = await machineFor(scope, { mount: withoutNode });
      const platform = await machine.up();
      await machine.ok('push', 'sample-apps/hello-node', '--name', 'before');

      await rm(machine.cache, { recursive: true });
      await machine.ok('push', 'sample-apps/hello-node', '--name', 'after');

      for (const app of ['before', 'after']) assert.is((await platform.get(app)).status, 200);
    });
  },
  { timeoutMs: 240_000 },
);

function readOnly(directory: string): string {
  return `mount --bind '${directory}' '${directory}' && mount -o remount,bind,ro '${directory}'`;
}
