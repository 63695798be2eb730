import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { stageFramework } from '#workload/lifecycle/index.ts';
import { scratchDirectory } from '../../support/scratch.ts';
import { describe, type Scope } from '../../support/spec.ts';

interface Given {
  readonly files: Readonly<Record<string, string>>;
  /** Which runtime the request names. */
  readonly runtime?: string;
  readonly command?: string;
}

async function constraintOf(scope: Scope, { files, runtime = 'auto', command }: Given): Promise<string | undefined> {
  const root = await scratchDirectory(scope);
  const sourceDir = join(root, 'source');
  await mkdir(sourceDir);
  for (const [name, text] of Object.entries(files)) await writeFile(join(sourceDir, name), text);
  const staged = await stageFramework({
    framework: command === undefined ? 'auto' : 'standalone',
    sourceDir,
    destDir: join(root, 'droplet'),
    moveSource: true,
    properties: {
      services: [],
      framework_info: {},
      runtime_info: { name: runtime },
      resources: { memory: 64, disk: 64, fds: 64 },
      ...(command === undefined ? {} : { meta: { command } }),
    },
  });
  return staged.runtimeConstraint;
}

const node = { 'app.js': '', 'package.json': '{"engines":{"node":">=18"}}', '.ruby-version': '3.2' };

describe('staging an app that asks for versions of its runtime', (it) => {
  it('tells which, and where that stands', async (scope) => {
    assert.is(await constraintOf(scope, { files: node }), '>=18 (package.json, engines)');
    assert.is(await constraintOf(scope, { files: node, command: 'node app.js' }), '>=18 (package.json, engines)');
    assert.is(await constraintOf(scope, { files: node, command: 'ruby app.rb' }), '3.2 (.ruby-version)');
  });

  it('tells none where there is none', async (scope) => {
    assert.is(await constraintOf(scope, { files: { 'app.js': '', 'package.json': '{}' } }), undefined);
    assert.is(
      await constraintOf(scope, { files: { start: '', 'package.json': node['package.json'] }, command: './start' }),
      undefined,
    );
  });

  it('leaves it to whoever named a runtime of 2012, who gets any version', async (scope) => {
    assert.is(await constraintOf(scope, { files: node, runtime: 'node08' }), undefined);
  });
});
