import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import * as assert from 'uvu/assert';
import { assetsDirectory, cacheDirectory } from '#packaging/assets.ts';
import { programVersion } from '#packaging/installation.ts';
import { describe } from '../support/spec.ts';

describe('a program run from its sources', (it) => {
  it('has its assets in the project', async () => {
    const directory = await assetsDirectory('sample-apps', {});
    assert.is(directory, resolve('sample-apps'));
    assert.ok(existsSync(directory));
  });

  it('has its cache in the project', () => {
    assert.is(cacheDirectory(), resolve('.cache'));
  });

  it('has the version of its package.json', () => {
    assert.is(programVersion(), JSON.parse(readFileSync('package.json', 'utf8')).version);
  });
});
