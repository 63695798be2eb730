import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import * as assert from 'uvu/assert';
import { scratchDirectory } from '../support/scratch.ts';
import { describe, type Scope } from '../support/spec.ts';

const builder = pathToFileURL(resolve('scripts/build.mjs')).href;

/** A program of two modules, one of them loaded late, which asks for what only its surroundings can tell. */
const sources = {
  'src/main.ts': `
    declare const LOCALPAAS_VERSION: string;
    async function main(): Promise<void> {
      const { late } = await import('#ground/late.ts');
      console.log(JSON.stringify({ version: LOCALPAAS_VERSION, url: import.meta.url, late, args: process.argv.slice(2),
        place: new Error().stack?.includes('/dist/localpaas-bundle.cjs:') }));
      if (process.argv.includes('fail')) process.exitCode = 3;
    }
    void main();`,
  'src/ground/late.ts': `export const late: string = 'späte Nachricht';`,
  'package.json': JSON.stringify({ version: '7.8.9', type: 'module', imports: { '#ground/*': './src/ground/*' } }),
};

async function plant(scope: Scope, files: Record<string, string> = {}): Promise<string> {
  const project = await scratchDirectory(scope);
  await mkdir(join(project, 'src/ground'), { recursive: true });
  for (const [name, content] of Object.entries({ ...sources, ...files })) await writeFile(join(project, name), content);
  return project;
}

function node(...args: string[]) {
  return spawnSync(process.execPath, args, { encoding: 'utf8' });
}

/** @returns what the build complains of, or '' */
function build(project: string): string {
  const call = `import { build } from '${builder}'; await build(process.argv[1]);`;
  return node('--input-type=module', '--eval', call, project).stderr;
}

const run = (project: string, ...args: string[]) => node(join(project, 'dist/localpaas.cjs'), ...args);

/** Whether V8 takes the cache for the bundle beside it, in the way the loader gives it. */
function isCacheAccepted(dist: string): boolean {
  const script = `
    const { readFileSync } = require('node:fs');
    const source = readFileSync('${dist}/localpaas-bundle.cjs', 'latin1');
    const cache = readFileSync('${dist}/localpaas-bundle.cache');
    const wrapped = '(function (exports, require, module, __filename, __dirname) {' + source + '\\n})';
    const cachedData = cache.subarray(cache.indexOf('\\n') + 1);
    console.log(new (require('node:vm').Script)(wrapped, { cachedData }).cachedDataRejected);`;
  return node('--eval', script).stdout.trim() === 'false';
}

describe(
  'the build',
  (it) => {
    it('makes one program of all modules, which knows its version and where it is', async (scope) => {
      const project = await plant(scope);

      assert.is(build(project), '');

      assert.equal(JSON.parse(run(project, 'a', 'b').stdout), {
        version: '7.8.9',
        url: pathToFileURL(join(project, 'dist/localpaas-bundle.cjs')).href,
        late: 'späte Nachricht',
        args: ['a', 'b'],
        place: true,
      });
      assert.is(run(project, 'fail').status, 3);
      assert.equal(readdirSync(join(project, 'dist')).sort(), [
        'localpaas-bundle.cache',
        'localpaas-bundle.cjs',
        'localpaas.cjs',
      ]);
    });

    it('leaves compiled code which this Node accepts', async (scope) => {
      const project = await plant(scope);

      build(project);

      assert.ok(isCacheAccepted(join(project, 'dist')));
    });

    it('compiles what a whole start uses, and stops what it started', async (scope) => {
      const project = await plant(scope);
      const marker = join(project, 'stopped');
      await writeFile(
        join(project, 'src/main.ts'),
        `import { existsSync, writeFileSync } from 'node:fs';
      if (process.argv[2] === 'up') {
        const home = process.argv.at(-1) ?? '';
        const timer = setInterval(() => {}, 1000);
        process.on('SIGTERM', () => { clearInterval(timer); writeFileSync('${marker}', String(existsSync(home))); });
        console.log(JSON.stringify({ event: 'ready' }));
      }`,
      );

      assert.is(build(project), '');

      assert.is(readFileSync(marker, 'utf8'), 'true');
      assert.ok(isCacheAccepted(join(project, 'dist')));
    });

    it('spares commands that run no components what only those need', async (scope) => {
      const project = await plant(scope);
      const files = {
        'src/main.ts': `void (process.argv[2] === 'up' ? import('./cli/commands/up.ts') : import('./cli/commands/apps.ts'));`,
        'src/cli/commands/up.ts': `import { part } from '../../components/part.ts'; console.log(part, place());
          function place() { return new Error().stack?.match(/localpaas-(?:bundle|commands)/)?.[0]; }`,
        'src/cli/commands/apps.ts': `console.log('asks', new Error().stack?.match(/localpaas-(?:bundle|commands)/)?.[0]);`,
        'src/components/part.ts': `export const part = 'a large component';`,
      };
      for (const [name, text] of Object.entries(files)) {
        await mkdir(dirname(join(project, name)), { recursive: true });
        await writeFile(join(project, name), text);
      }
      build(project);

      assert.is(run(project, 'up').stdout, 'a large component localpaas-bundle\n');
      assert.is(run(project, 'apps').stdout, 'asks localpaas-commands\n');
      assert.is(run(project).stdout, 'asks localpaas-commands\n');
      const commands = readFileSync(join(project, 'dist/localpaas-commands.cjs'), 'latin1');
      assert.not.match(commands, 'a large component');
    });

    it('makes a program that runs without its compiled code, or with a wrong one', async (scope) => {
      const project = await plant(scope);
      build(project);
      const cache = join(project, 'dist/localpaas-bundle.cache');
      const good = readFileSync(cache);
      const ofAnotherNode = Buffer.from(good.toString('latin1').replace(process.version, 'v20.0.0'), 'latin1');
      const ofAnotherBundle = Buffer.concat([Buffer.from('// 0'), good.subarray(4)]);
      const spoilt = [ofAnotherNode, ofAnotherBundle, good.subarray(0, good.length / 2), Buffer.alloc(0)];

      for (const content of spoilt) {
        await writeFile(cache, content);
        assert.match(run(project).stdout, '7.8.9');
      }
      await rm(cache);
      assert.match(run(project).stdout, '7.8.9');
    });

    it('keeps the old program when the new one cannot be bundled or does not run', async (scope) => {
      const project = await plant(scope);
      build(project);
      const before = readdirSync(join(project, 'dist'));

      await writeFile(join(project, 'src/main.ts'), `import 'no-such-package';`);
      const unresolved = build(project);
      await writeFile(join(project, 'src/main.ts'), `throw new Error('planted trouble');`);
      const broken = build(project);

      assert.match(unresolved, 'Could not resolve "no-such-package"');
      assert.match(broken, /the new bundle does not run: .*planted trouble/s);
      assert.match(run(project).stdout, '7.8.9');
      assert.equal(readdirSync(join(project, 'dist')), before);
    });
  },
  { timeoutMs: 120_000 },
);
