import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import * as assert from 'uvu/assert';
import { describe, type Scope } from '../support/spec.ts';

const compilerOptions = { module: 'nodenext', allowImportingTsExtensions: true, noEmit: true, types: ['node'] };
const one = 'export const one = 1;\n';

/** Runs the import check on a project of these files. */
async function check(scope: Scope, files: Record<string, string>): Promise<{ code: number; text: string }> {
  const project = scope.adopt(await mkdtemp(join(tmpdir(), 'imports-')), (path) => rm(path, { recursive: true }));
  const imports = Object.fromEntries(
    ['ground', 'packaging', 'contract', 'workload', 'components', 'assembly', 'cli'].map((floor) => [
      `#${floor}/*`,
      `./src/${floor}/*`,
    ]),
  );
  const dependencies = { httpxy: '*', ws: '*', zx: '*', uvu: '*', '@nats-io/transport-node': '*' };
  const all: Record<string, string> = {
    'package.json': JSON.stringify({ type: 'module', imports, dependencies }),
    'tsconfig.json': JSON.stringify({ compilerOptions }),
    'scripts/nothing.mjs': '',
    'src/ground/one.ts': one,
    'test/ground/one.spec.ts': `import '#ground/one.ts';\n`,
    ...files,
  };
  for (const [name, content] of Object.entries(all)) {
    await mkdir(dirname(join(project, name)), { recursive: true });
    await writeFile(join(project, name), content);
  }
  await symlink(resolve('node_modules'), join(project, 'node_modules'));
  const args = ['--import', 'tsx', resolve('scripts/check-imports.ts'), project];
  return new Promise((done) => {
    execFile(process.execPath, args, (error, stdout, stderr) => {
      done({ code: typeof error?.code === 'number' ? error.code : 0, text: stderr + stdout });
    });
  });
}

/** Each planted file breaks the rule of its name. */
const violations: Record<string, Record<string, string>> = {
  'ground-imports-upwards': { 'src/ground/up.ts': `import '#contract/one.ts';\n` },
  'contract-imports-upwards': {
    'src/contract/lazy.ts': `export const load = () => import('#components/dea/index.ts');\n`,
  },
  'workload-imports-upwards': {
    'src/workload/oci/up.ts': `import type { Part } from '#assembly/part.ts';\nexport type P = Part;\n`,
  },
  'component-imports-component': { 'src/components/router/router.ts': `import '#components/dea/index.ts';\n` },
  'past-the-door': { 'src/assembly/run.ts': `import '#components/dea/instance.ts';\n` },
  'test-past-the-door': { 'test/components/router/a.spec.ts': `import '#components/dea/instance.ts';\n` },
  cycle: { 'src/ground/a.ts': `import './b.ts';\n`, 'src/ground/b.ts': `import './a.ts';\n` },
  'httpxy-beside-its-door': { 'src/components/router/other.ts': `import 'httpxy';\n` },
  '@nats-io-beside-its-door': {
    'src/ground/other.ts': `import type { Msg } from '@nats-io/transport-node';\nexport type N = Msg;\n`,
  },
  'library-without-a-door': { 'src/ground/socket.ts': `import 'ws';\n` },
  'library-loaded-late': { 'src/components/router/upgrades.ts': `export const load = () => import('httpxy');\n` },
  'uvu-beside-its-door': { 'test/ground/own.spec.ts': `import 'uvu';\n` },
  'src-imports-test': { 'src/ground/tested.ts': `import '../../test/support/x.ts';\n` },
  'cli-imports-main': { 'src/cli/a.ts': `import '../main.ts';\n` },
  'outside-the-floors': { 'src/attic/a.ts': `import '#ground/one.ts';\n` },
  unresolved: { 'src/ground/lost.ts': `import './nowhere.ts';\n` },
  undeclared: { 'test/ground/two.spec.ts': `import 'yaml';\n` },
};

const targets = {
  'src/assembly/part.ts': 'export type Part = string;\n',
  'src/components/dea/index.ts': one,
  'src/components/dea/instance.ts': one,
  'src/contract/one.ts': one,
  'src/main.ts': one,
  'test/support/x.ts': one,
};

describe(
  'the import check',
  (it) => {
    it('accepts a project which keeps the rules', async (scope) => {
      const { code, text } = await check(scope, {
        'src/components/router/index.ts': `export * from './upgrades.ts';\n`,
        'src/components/router/upgrades.ts': `import 'httpxy';\nimport '#ground/one.ts';\nexport const p = 1;\n`,
        'src/assembly/run.ts': `export const load = () => import('#components/router/index.ts');\n`,
        'test/components/router/upgrades.spec.ts': `import 'ws';\nimport 'uvu/assert';\nimport '#components/router/upgrades.ts';\n`,
      });

      assert.is(code, 0, text);
      assert.match(text, '0 wrong imports');
    });

    it('names the file and the rule of every violation', async (scope) => {
      const { code, text } = await check(scope, Object.assign({}, targets, ...Object.values(violations)));

      assert.is(code, 1, text);
      for (const [rule, files] of Object.entries(violations))
        assert.match(text, `${rule}: ${Object.keys(files)[0]} → `);
    });

    it('reports a file which it did not read', async (scope) => {
      const { code, text } = await check(scope, { 'src/ground/node_modules/hidden.ts': one });

      assert.is(code, 1, text);
      assert.match(text, 'unseen: src/ground/node_modules/hidden.ts');
    });
  },
  { timeoutMs: 120_000 },
);
