import { execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { appendFile, lstat, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { scratchDirectory } from '../support/scratch.ts';
import { describe, type Scope } from '../support/spec.ts';
import { get, makeApp, notedPrograms, pathWithout, Staging, sampleApps, start } from './staging.ts';

interface Registry {
  readonly url: string;
  /** From now on nobody answers at its address. */
  close(): Promise<void>;
}

/** A registry that has a package of any name, at version 1.0.0. */
async function startRegistry(scope: Scope): Promise<Registry> {
  const tarball = packed(await scratchDirectory(scope));
  const integrity = `sha512-${createHash('sha512').update(tarball).digest('base64')}`;
  const server = createServer((request, response) => {
    const path = decodeURIComponent(request.url ?? '/').slice(1);
    const [name = '', file] = path.split('/-/');
    if (file !== undefined) return response.end(tarball);
    const dist = { tarball: `http://${request.headers.host}/${name}/-/${name}-1.0.0.tgz`, integrity };
    const version = { name, version: '1.0.0', dist };
    response.setHeader('content-type', 'application/json');
    return response.end(JSON.stringify({ name, 'dist-tags': { latest: '1.0.0' }, versions: { '1.0.0': version } }));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const close = async () => {
    server.closeAllConnections();
    if (server.listening) await new Promise((resolve) => server.close(resolve));
  };
  scope.defer(close);
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, close };
}

/** npm does not mind that all of them have the same content. */
function packed(directory: string): Buffer {
  const make = `mkdir package && echo '{"name":"any","version":"1.0.0"}' >package/package.json &&
    echo 'module.exports = "here";' >package/index.js && tar -czf - package`;
  return execFileSync('bash', ['-c', make], { cwd: directory });
}

/** An app whose lock file was written by npm itself. */
async function appWith(scope: Scope, registry: Registry, names: readonly string[], options: string[] = []) {
  const dependencies = Object.fromEntries(names.map((name) => [name, '1.0.0']));
  const server = `require('http').createServer((q, a) => a.end(require('${names[0]}'))).listen(process.env.PORT, '127.0.0.1')`;
  const app = await makeApp(scope, {
    'package.json': JSON.stringify({ name: 'app', version: '1.0.0', main: './server.js', dependencies }),
    'server.js': server,
  });
  const cache = await scratchDirectory(scope);
  const flags = ['--package-lock-only', '--no-audit', '--no-fund', '--cache', cache, '--registry', registry.url];
  // npm's answer comes from the registry of this very process.
  const npm = spawn('npm', ['install', ...flags, ...options], { cwd: app, stdio: 'ignore' });
  const [code] = await once(npm, 'exit');
  assert.is(code, 0);
  return app;
}

describe(
  'the buildpack node',
  (it) => {
    it('installs what package.json asks for, and starts the app as it says', async (scope) => {
      const staging = await Staging.of(scope, 'node');
      const staged = await staging.staged(join(sampleApps, 'routes-node'), { offline: true });
      const url = await start(scope, staged);

      assert.is(staged.web, 'node app.js');
      assert.equal(staged.config.output_metadata?.runtime, {
        name: 'node',
        constraint: '>=18',
        version: process.versions.node,
      });
      assert.is(await get(`${url}/hello/you`), '{"hello":"you","instance":3}\n');
    });

    it('starts by npm what npm has to do more for', async (scope) => {
      const staging = await Staging.of(scope, 'node');
      for (const [scripts, web] of [
        [{ start: 'next start -p $PORT' }, 'next start -p $PORT'],
        [{ prestart: 'node prepare.js', start: 'node a.js' }, 'npm start'],
        [{ start: 'node a.js', poststart: 'node b.js' }, 'npm start'],
        [{ start: 'npm run serve', serve: 'node a.js' }, 'npm start'],
        [{ start: 'node a.js --name $npm_package_name' }, 'npm start'],
      ] as const) {
        const app = await makeApp(scope, { 'package.json': JSON.stringify({ scripts }) });
        assert.is((await staging.staged(app, { offline: true })).web, web);
      }
    });

    it('takes the modules that were pushed, without npm and without a network', async (scope) => {
      const staging = await Staging.of(scope, 'node');
      const app = await makeApp(scope, {
        'package.json': '{"main": "./web.js", "dependencies": {"greet": "1"}}',
        'web.js': `require('http').createServer((q, a) => a.end(require('greet'))).listen(process.env.PORT, '127.0.0.1')`,
        'node_modules/greet/index.js': 'module.exports = "hello";',
      });
      const staged = await staging.staged(app, { offline: true, env: { PATH: await pathWithout(scope, 'npm') } });

      assert.is(staged.web, 'node web.js');
      assert.is(await get(await start(scope, staged)), 'hello');
    });

    it(
      'keeps what it installed, and needs no network the next time',
      async (scope) => {
        const registry = await startRegistry(scope);
        const names = Array.from({ length: 200 }, (_, index) => `package-${index}`);
        const app = await appWith(scope, registry, names);
        const staging = await Staging.of(scope, 'node');
        const env = { npm_config_registry: registry.url };

        const first = await staging.staged(app, { env });
        assert.match(first.out, 'Installing dependencies with npm');
        const { path, calls } = await notedPrograms(scope, 'npm');
        const second = await staging.staged(app, { env: { ...env, PATH: path }, offline: true });

        assert.match(second.out, 'Dependencies unchanged: taking them from the cache');
        assert.equal(await calls(), [], 'npm has nothing to do');
        assert.is(await get(await start(scope, second)), 'here');
        const file = 'app/node_modules/package-7/index.js';
        assert.is((await lstat(join(first.droplet, file))).mtimeMs, (await lstat(join(second.droplet, file))).mtimeMs);
      },
      { timeoutMs: 120_000 },
    );

    it(
      'does not take back modules into which the app wrote after the staging',
      async (scope) => {
        const registry = await startRegistry(scope);
        const app = await appWith(scope, registry, ['greet']);
        const staging = await Staging.of(scope, 'node');
        const env = { npm_config_registry: registry.url };
        const first = await staging.staged(app, { env });

        await appendFile(join(first.droplet, 'app/node_modules/greet/index.js'), '// patched\n');
        const second = await staging.staged(app, { env });

        assert.match(second.out, 'Installing dependencies with npm');
        assert.not.match(await readFile(join(second.droplet, 'app/node_modules/greet/index.js'), 'utf8'), 'patched');
      },
      { timeoutMs: 120_000 },
    );

    it(
      'installs from the cache when the app changed, also with a lock file that does not say from where',
      async (scope) => {
        const registry = await startRegistry(scope);
        const app = await appWith(scope, registry, ['greet', 'other'], ['--omit-lockfile-registry-resolved']);
        const lock = await readFile(join(app, 'package-lock.json'), 'utf8');
        assert.not.match(lock, 'resolved');
        const staging = await Staging.of(scope, 'node');
        const env = { npm_config_registry: registry.url };
        await staging.staged(app, { env });

        await registry.close();
        await appendFile(join(app, 'package.json'), '\n');
        const again = await staging.staged(app, { env });

        assert.match(again.out, 'No network: 127.0.0.1 does not answer');
        assert.is(await get(await start(scope, again)), 'here');
        assert.is(await readFile(join(again.droplet, 'app/package-lock.json'), 'utf8'), lock);
      },
      { timeoutMs: 120_000 },
    );

    it('says that there is no network, and what to do, without having npm try', async (scope) => {
      const registry = await startRegistry(scope);
      const app = await appWith(scope, registry, ['greet']);
      const staging = await Staging.of(scope, 'node');
      await rm(join(app, 'package-lock.json'));
      const { path, calls } = await notedPrograms(scope, 'npm');
      const { code, err, out } = await staging.stage(app, { offline: true, env: { PATH: path } });

      assert.is(code, 1);
      assert.match(out, 'No network: registry.npmjs.org does not answer');
      assert.match(err, 'there is no network, and the cache lacks some of them');
      assert.match(err, 'Push the app with its node_modules');
      const installs = (await calls()).filter((call) => /^npm (?:ci|install)\b/.test(call));
      assert.is(installs.length, 1);
      assert.match(`${installs[0]} `, ' --offline ');
    });

    it('asks for the program whose lock file is there, and for npm', async (scope) => {
      const staging = await Staging.of(scope, 'node');
      const none = await pathWithout(scope, 'npm', 'yarn', 'yarnpkg', 'pnpm');
      const packageJson = '{"dependencies": {"greet": "1"}}';
      for (const [files, said] of [
        [{}, 'There is no program npm here'],
        [{ 'yarn.lock': '' }, 'The app has a lock file of yarn, but there is no program yarn here.'],
        [{ 'pnpm-lock.yaml': '' }, 'The app has a lock file of pnpm, but there is no program pnpm here.'],
      ] as const) {
        const app = await makeApp(scope, { 'package.json': packageJson, ...files });
        const { code, err } = await staging.stage(app, { env: { PATH: none } });

        assert.is(code, 1);
        assert.match(err, said);
        assert.match(err, 'node_modules');
      }
    });

    it('says that Node is missing', async (scope) => {
      const staging = await Staging.of(scope, 'node');
      const app = await makeApp(scope, { 'server.js': '' });
      const { code, err } = await staging.stage(app, { env: { PATH: await pathWithout(scope, 'node') } });

      assert.is(code, 1);
      assert.match(err, 'There is no program node here.');
    });

    it('refuses a package.json that nobody can read', async (scope) => {
      const staging = await Staging.of(scope, 'node');
      for (const content of ['{', '[]', 'null', '']) {
        const { code, err } = await staging.stage(await makeApp(scope, { 'package.json': content }));

        assert.is(code, 1);
        assert.match(err, ' !     package.json cannot be read: ');
        assert.not.match(err, 'at readPackage');
      }
    });

    it('finds the file to start, and leaves it open when there is none', async (scope) => {
      const staging = await Staging.of(scope, 'node');
      const web = async (files: Record<string, string>, env = {}) =>
        (await staging.staged(await makeApp(scope, files), { env })).web;

      assert.is(await web({ 'server.js': '' }), 'node server.js');
      assert.is(
        await web({ 'package.json': '{"main": "./my app.js"}', 'my app.js': '', 'app.js': '' }),
        'node my\\ app.js',
      );
      assert.is(await web({ 'package.json': '{"main": "gone.js"}', 'app.js': '' }), 'node app.js');
      assert.is(await web({ 'package.json': '{}' }), undefined);
      const start = { 'package.json': '{"scripts": {"start": "node --trace-warnings x.js"}}' };
      assert.is(await web(start, { PATH: await pathWithout(scope, 'npm') }), 'node --trace-warnings x.js');
    });

    it('reads where packages come from in .npmrc', async (scope) => {
      const staging = await Staging.of(scope, 'node');
      await mkdir(staging.home, { recursive: true });
      await writeFile(join(staging.home, '.npmrc'), 'registry = http://127.0.0.1:9/\n');
      const app = await makeApp(scope, { 'package.json': '{"dependencies": {"greet": "1"}}' });
      const { out, err } = await staging.stage(app);

      assert.match(out, 'No network: 127.0.0.1 does not answer', err);
    });
  },
  { timeoutMs: 120_000 },
);
