import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { RuntimeTable, runtimesForApp } from '#workload/runtimes/index.ts';
import { scratchDirectory } from '../../support/scratch.ts';
import { describe, type Scope } from '../../support/spec.ts';
import { placeProgram, placeScript } from './fake-programs.ts';

async function askedBy(scope: Scope, files: Readonly<Record<string, string>>) {
  const [home, app] = [await scratchDirectory(scope), await scratchDirectory(scope)];
  await placeScript(join(home, 'bin/node'), 'v20.11.0');
  await placeScript(join(home, 'bin/ruby'), 'ruby 3.1.2p20');
  await placeProgram(join(home, '.nvm/versions/node/v18.20.4/bin/node'));
  await placeProgram(join(home, '.rbenv/versions/3.3.0/bin/ruby'));
  for (const [name, text] of Object.entries(files)) await writeFile(join(app, name), text);
  const table = new RuntimeTable({ path: join(home, 'bin'), programDirectories: [], userHome: home, nodeProgram: '' });
  const { inFront, taken, refusals } = await runtimesForApp(app, table);
  return { inFront: inFront.map((path) => path.replace(home, '')), taken: taken.map(({ name }) => name), refusals };
}

describe('runtimes to build an app with', (it) => {
  it('come in front of the PATH where it would find others', async (scope) => {
    const files = { 'package.json': '{"engines":{"node":"18.x"}}', Gemfile: "ruby '~> 3.2'" };

    assert.equal(await askedBy(scope, files), {
      inFront: ['/.nvm/versions/node/v18.20.4/bin', '/.rbenv/versions/3.3.0/bin'],
      taken: ['node18', 'ruby33'],
      refusals: [],
    });
  });

  it('are those of the PATH where they fit, or nothing is asked for', async (scope) => {
    assert.equal(await askedBy(scope, { '.nvmrc': '20' }), { inFront: [], taken: ['node20'], refusals: [] });
    assert.equal(await askedBy(scope, {}), { inFront: [], taken: [], refusals: [] });
  });

  it('may not be there, which is said', async (scope) => {
    const { inFront, refusals } = await askedBy(scope, { '.ruby-version': '1.9.3' });

    assert.equal(inFront, []);
    assert.match(refusals.join(), /^needs ruby 1\.9\.3 \(\.ruby-version\); this machine has ruby 3\.1\.2 \(/);
  });
});
