import { createHash } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { buildpackPlace, isAddress } from '#workload/lifecycle/builder/buildpack-place.ts';
import { xxhash64 } from '#workload/lifecycle/builder/xxhash64.ts';
import { describe } from '../../../support/spec.ts';
import { thrownBy } from '../../../support/thrown.ts';
import { emptyPlace } from './a-build.ts';

describe('where buildpacks lie', (it) => {
  it('tells keys from addresses', () => {
    for (const address of [
      'https://example.com/a.git#v1',
      'file:///a',
      'ssh://git@h/a',
      'git@example.com:a/b.git',
      'GIT://h/a',
    ]) {
      assert.is(isAddress(address), true, address);
    }
    for (const key of ['node', 'd4e03ab3-6549_8b68', '/a/b', './a', 'a/b:c', '']) assert.is(isAddress(key), false, key);
  });

  it('finds them by either hash, the newer one first, and one directory down', async (scope) => {
    const { options } = await emptyPlace(scope);
    const newer = join(options.buildpacksDir, xxhash64('key'));
    const older = join(options.buildpacksDir, createHash('md5').update('key').digest('hex'));
    assert.match((await thrownBy(() => buildpackPlace('key', options))).message, `directory '${newer}' for`);
    await mkdir(newer, { recursive: true });
    await mkdir(join(older, 'top', 'bin'), { recursive: true });
    assert.is(buildpackPlace('key', options), join(older, 'top'), 'an empty one is none');
    await mkdir(join(newer, 'other'));
    assert.match((await thrownBy(() => buildpackPlace('key', options))).message, 'malformed buildpack');
    await mkdir(join(older, 'bin'));
    assert.is(buildpackPlace('key', options), older);
    await mkdir(join(newer, 'bin'));
    assert.is(buildpackPlace('key', options), newer);
  });
});
