import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, mkdir, symlink, utimes, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import * as assert from 'uvu/assert';
import { waitFor } from '#ground/wait.ts';
import { scratchDirectory } from '../support/scratch.ts';
import { describe, type Scope } from '../support/spec.ts';

const program = `
if (process.argv.includes('serve')) {
  const timer = setInterval(() => {}, 1000);
  process.on('SIGTERM', () => { clearInterval(timer); process.exitCode = 5; });
}
if (process.argv.includes('fail')) process.exitCode = 3;
console.log('started with ' + process.argv.slice(2).join(' '));
`;

/** A checkout of the project with a small program, and the dependencies of the real one. */
async function checkout(scope: Scope): Promise<string> {
  const project = await bareCheckout(scope, {});
  await cp('package-lock.json', join(project, 'package-lock.json'));
  await symlink(resolve('node_modules'), join(project, 'node_modules'));
  return project;
}

/** One with dependencies of its own, and nothing installed. */
async function bareCheckout(scope: Scope, dependencies: Record<string, string>): Promise<string> {
  const project = await scratchDirectory(scope);
  await cp('scripts', join(project, 'scripts'), { recursive: true });
  const packages = { '': { name: 'bare', version: '1.0.0', dependencies } };
  await write(project, {
    'package.json': JSON.stringify({ name: 'bare', version: '1.0.0', type: 'module', dependencies }),
    'package-lock.json': JSON.stringify({ name: 'bare', version: '1.0.0', lockfileVersion: 3, packages }),
    'src/main.ts': program,
  });
  return project;
}

async function write(project: string, files: Record<string, string>): Promise<void> {
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(project, name)), { recursive: true });
    await writeFile(join(project, name), content);
  }
}

function start(project: string, args: string[], env: Record<string, string> = {}) {
  const child = spawn(process.execPath, [...args.splice(0, 1), join(project, 'scripts/bootstrap.mjs'), ...args], {
    // No test may look for a nats-server: these programs need none.
    env: { ...process.env, npm_execpath: '', LOCALPAAS_NATS_SERVER: '/bin/true', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const said = { text: '' };
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (data) => Object.assign(said, { text: said.text + data }));
  const ended = new Promise<number | null>((done) => child.once('close', done));
  return { child, said, ended };
}

async function run(project: string, args: string[], env: Record<string, string> = {}) {
  const { said, ended } = start(project, ['--no-warnings', ...args], env);
  return { code: await ended, text: said.text };
}

describe(
  'the bootstrap',
  (it) => {
    it('starts the program with the arguments given, and ends as it ends', async (scope) => {
      const project = await checkout(scope);

      const { code, text } = await run(project, ['start', '--port', '1', 'fail']);

      assert.match(text, 'started with up --demo --port 1 fail');
      assert.is(code, 3);
    });

    it('is the program after that, so that a signal reaches it', async (scope) => {
      const project = await checkout(scope);
      const { child, said, ended } = start(project, ['--no-warnings', 'start', 'serve']);
      await waitFor('the program', () => (said.text.includes('started with') ? true : undefined), { limitMs: 15_000 });

      child.kill('SIGTERM');

      assert.is(await ended, 5);
    });

    it('builds when something changed, and only then', async (scope) => {
      const project = await checkout(scope);

      const first = await run(project, ['start']);
      const second = await run(project, ['start']);
      await utimes(join(project, 'src/main.ts'), 1, 1);
      const third = await run(project, ['start']);

      assert.equal(
        [first, second, third].map(({ text }) => text.includes('Building')),
        [true, false, true],
      );
    });

    it('says what is wrong with a program that cannot be built, and starts nothing', async (scope) => {
      const project = await checkout(scope);
      await write(project, { 'src/main.ts': 'const = 1;' });

      const { code, text } = await run(project, ['start']);

      assert.match(text, /The program could not be built: .*main\.ts:1:6/s);
      assert.is(code, 1);
      assert.not.ok(existsSync(join(project, 'dist/localpaas.cjs')));
    });

    it('installs the dependencies of the lock file once', async (scope) => {
      const project = await bareCheckout(scope, { part: 'file:part' });
      await write(project, {
        'part/package.json': '{ "name": "part", "version": "1.0.0" }',
        'package-lock.json': JSON.stringify({
          ...{ name: 'bare', version: '1.0.0', lockfileVersion: 3 },
          packages: {
            '': { name: 'bare', version: '1.0.0', dependencies: { part: 'file:part' } },
            'node_modules/part': { resolved: 'part', link: true },
            part: { version: '1.0.0' },
          },
        }),
      });

      const first = await run(project, ['build']);
      const second = await run(project, ['build']);

      assert.match(first.text, 'Installing dependencies');
      assert.ok(existsSync(join(project, 'node_modules/part/package.json')), first.text);
      assert.not.match(second.text, 'Installing dependencies');
    });

    it('says that the registry cannot be reached, and counts that as a failed test', async (scope) => {
      const project = await bareCheckout(scope, { 'localpaas-part': '1.0.0' });
      const packages = {
        '': { name: 'bare', version: '1.0.0', dependencies: { 'localpaas-part': '1.0.0' } },
        'node_modules/localpaas-part': { version: '1.0.0' },
      };
      await write(project, {
        'package-lock.json': JSON.stringify({ name: 'bare', version: '1.0.0', lockfileVersion: 3, packages }),
        '.npmrc': 'registry=http://127.0.0.1:9/\nfetch-retries=0\n',
      });

      const { code, text } = await run(project, ['test']);

      assert.match(text, /The dependencies could not be installed; npm says:\n {2}npm error code ECONNREFUSED/);
      assert.match(text, 'Check that this machine reaches the package registry');
      assert.match(text, /\n0 passed, 1 failed\n$/);
      assert.is(code, 4);
      assert.not.ok(existsSync(join(project, 'node_modules/.localpaas-installed')));
    });

    it('says that npm is missing', async (scope) => {
      const project = await bareCheckout(scope, {});

      const { code, text } = await run(project, ['setup'], { PATH: project });

      assert.match(text, 'npm was not found');
      assert.is(code, 4);
    });

    it('does not take a lock file which is not what is installed', async (scope) => {
      const project = await bareCheckout(scope, { part: 'file:part' });
      await write(project, {
        'package-lock.json': JSON.stringify({ packages: { 'node_modules/part': { version: '1.0.0' } } }),
        'node_modules/.localpaas-installed': 'of another lock file',
        'node_modules/.package-lock.json': '{ "packages": { "node_modules/part": { "version": "0.9.0" } } }',
      });

      const { text } = await run(project, ['setup'], { PATH: project });

      assert.match(text, 'Installing dependencies');
    });

    it('refuses an older Node before it needs anything newer', async (scope) => {
      const project = await bareCheckout(scope, {});
      const older = `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '20.10.0' } })`;

      const { said, ended } = start(project, [`--import=data:text/javascript,${encodeURIComponent(older)}`, 'start']);

      assert.is(await ended, 4);
      assert.match(said.text, 'localpaas needs Node 20.11 or newer; this is Node 20.10.0.');
    });

    it('names its verbs to whoever uses another', async (scope) => {
      const project = await bareCheckout(scope, {});

      const { code, text } = await run(project, ['strat']);

      assert.match(text, 'Say one of: start, test, build, setup.');
      assert.is(code, 2);
    });
  },
  { timeoutMs: 120_000 },
);
