import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { platformConfigOf } from '#workload/lifecycle/platform-config.ts';
import { scratchDirectory } from '../../support/scratch.ts';
import { describe, type Scope } from '../../support/spec.ts';
import { stage, writeApp } from './apps.ts';

async function fileWith(scope: Scope, text: string): Promise<string> {
  const directory = await scratchDirectory(scope);
  await writeApp(directory, { 'platform.yml': text });
  return join(directory, 'platform.yml');
}

describe('PLATFORM_CONFIG', (it) => {
  it('names the cache, and may hold more', async (scope) => {
    const file = await fileWith(scope, 'cache: /var/cache/staging\ninsight_agent: agent.zip\nruntime: {}\n');

    assert.equal(await platformConfigOf({ PLATFORM_CONFIG: file }), { cache: '/var/cache/staging' });
  });

  it('need not be set, and its file may be empty', async (scope) => {
    assert.equal(await platformConfigOf({}), { cache: undefined });
    assert.equal(await platformConfigOf({ PLATFORM_CONFIG: '' }), { cache: undefined });
    assert.equal(await platformConfigOf({ PLATFORM_CONFIG: await fileWith(scope, '') }), { cache: undefined });
  });

  it('may name a cache that is not there yet', async (scope) => {
    const PLATFORM_CONFIG = await fileWith(scope, `cache: ${join(await scratchDirectory(scope), 'later')}\n`);

    assert.is((await stage(scope, { 'app.js': '' }, { env: { PLATFORM_CONFIG } })).startCommand, 'node app.js');
  });

  const mistakes: Record<string, { text: string | undefined; says: RegExp }> = {
    'a file that is not there': { text: undefined, says: /^PLATFORM_CONFIG names '.*', which cannot be read: ENOENT/ },
    'a file that is no YAML': { text: 'cache: [', says: /which cannot be read: This is not YAML: .*line \d/ },
    'a cache that is no name': { text: 'cache: 7\n', says: /which PLATFORM_CONFIG names: cache: / },
    'a list': { text: '- cache\n', says: /which PLATFORM_CONFIG names, holds a list/ },
  };
  for (const [what, { text, says }] of Object.entries(mistakes)) {
    it(`is refused for ${what}, and nothing is staged`, async (scope) => {
      const PLATFORM_CONFIG = text === undefined ? '/nowhere/platform.yml' : await fileWith(scope, text);

      const failure = await stage(scope, { 'app.js': '' }, { env: { PLATFORM_CONFIG } }).catch(String);

      assert.match(String(failure).replace('ActionableError: ', ''), says);
    });
  }
});
