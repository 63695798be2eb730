import { chmod, mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { waitFor } from '#ground/wait.ts';
import { scratchDirectory } from '../support/scratch.ts';
import { describe, type Scope } from '../support/spec.ts';
import { copyOfExecutable, machineFor, withoutNode } from './machine.ts';

/** An app that answers with what Node can do, each in a process of its own: fork(), a cluster, an ES module, options. */
const app = `
const { fork, execFile } = require('node:child_process');
const cluster = require('node:cluster');
const { createServer } = require('node:http');
const { join } = require('node:path');

if (!cluster.isPrimary) {
  createServer((request, response) => response.end('worker ' + cluster.worker.id)).listen(process.env.PORT);
  return;
}
const results = { execPath: process.execPath, version: process.version };
const child = fork(join(__dirname, 'child.mjs'), ['one'], { execArgv: ['--no-warnings'] });
child.on('message', (message) => (results.forked = message));
execFile(process.execPath, ['-p', 'process.argv.length'], (error, out) => (results.evaluated = error?.message ?? out.trim()));
execFile('node', ['--version'], (error, out) => (results.onPath = error?.message ?? out.trim()));
cluster.fork().on('listening', () => {
  const timer = setInterval(() => {
    if (Object.keys(results).length < 5) return;
    clearInterval(timer);
    console.log('RESULTS ' + JSON.stringify(results));
  }, 20);
});
`;
const child = `
import { version } from 'node:process';
process.send({ version, argv: process.argv.slice(2), execArgv: process.execArgv });
`;

async function appDirectory(scope: Scope): Promise<string> {
  const directory = join(await scratchDirectory(scope), 'children');
  await mkdir(directory);
  await writeFile(join(directory, 'app.js'), app);
  await writeFile(join(directory, 'child.mjs'), child);
  return directory;
}

describe(
  'the Node of an executable',
  (it) => {
    it('runs apps on a machine without one', async (scope) => {
      const { up, ok, cache } = await machineFor(scope, { mount: withoutNode });
      const platform = await up();
      assert.equal(
        (await readdir(cache)).filter((name) => name.startsWith('node-')),
        [],
        'it is unpacked for an app only',
      );

      await ok('push', 'sample-apps/hello-node');

      assert.is((await platform.get('hello-node')).status, 200);
      assert.match(await ok('doctor'), 'node apps run on the Node');
    });

    it('runs children of apps: fork, cluster, node by its name', async (scope) => {
      const { up, ok } = await machineFor(scope, { mount: withoutNode });
      const platform = await up();

      await ok('push', await appDirectory(scope));

      assert.equal(await platform.get('children'), { status: 200, body: 'worker 1' });
      const said = async () => /RESULTS (.*)/.exec(await ok('logs', 'children', '--recent'))?.[1];
      const line = await waitFor('what the app says', said, { limitMs: 15_000 });
      const { execPath, version, ...results } = JSON.parse(line) as Record<string, unknown>;
      assert.match(String(execPath), /\/node-v[^/]*\/node$/);
      assert.equal(results, {
        forked: { version, argv: ['one'], execArgv: ['--no-warnings'] },
        evaluated: '1',
        onPath: version,
      });
    });

    for (const [what, replace] of Object.entries({
      'was removed': (program: string) => rm(program),
      'was moved away and another put in its place': async (program: string) => {
        await rename(program, `${program}.old`);
        await writeFile(program, '#!/bin/sh\nexit 3\n');
        await chmod(program, 0o755);
      },
    })) {
      it(`can be had when the executable ${what} while it runs`, async (scope) => {
        const { path: program } = await copyOfExecutable(scope);
        const { up, home } = await machineFor(scope, { program, mount: withoutNode });
        const platform = await up();

        await replace(program);

        // The command line is another executable now, as after an upgrade.
        const { ok } = await machineFor(scope, { home });
        await ok('push', 'sample-apps/hello-node');
        assert.is((await platform.get('hello-node')).status, 200);
        assert.match(await ok('status'), String(platform.pid));
      });
    }
  },
  { timeoutMs: 120_000 },
);
