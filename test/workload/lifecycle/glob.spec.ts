import { symlink } from 'node:fs/promises';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { glob } from '#workload/lifecycle/glob.ts';
import { scratchDirectory } from '../../support/scratch.ts';
import { describe } from '../../support/spec.ts';
import { writeApp } from './apps.ts';

/** What Ruby 3.1 finds with `Dir.glob` in the same files, without `.` and with plain names. */
const patterns: Record<string, string[]> = {
  '*.rb': ['a.rb', 'b[1].rb'],
  '?.rb': ['a.rb'],
  '*': ['a.rb', 'b[1].rb', 'config', 'd', 'readme', 'x.rb~'],
  '.*': ['.git', '.hidden.rb'],
  '*/*.rb': ['config/environment.rb', 'd/deep.rb'],
  '**/*.rb': ['a.rb', 'b[1].rb', 'config/environment.rb', 'd/deep.rb', 'd/e/deeper.rb'],
  'd/**': ['d/deep.rb', 'd/e'],
  'config/environment.rb': ['config/environment.rb'],
  './config': ['config'],
  'config/': ['config'],
  '[ab]*.rb': ['a.rb', 'b[1].rb'],
  '[^b]*.rb': ['a.rb'],
  'b\\[1\\].rb': ['b[1].rb'],
  '{a,nosuch}.rb': ['a.rb'],
  '{,*/}{a,d{eep,umb}}.rb': ['a.rb', 'd/deep.rb'],
  'nosuch/*': [],
  'readme/*': [],
  '*.RB': [],
  '../*': [],
  'd/../../*': [],
  '/etc/*': [],
  '{': [],
};

const files = {
  'a.rb': '',
  'b[1].rb': '',
  'x.rb~': '',
  readme: '',
  '.hidden.rb': '',
  '.git/config.rb': '',
  'config/environment.rb': '',
  'd/deep.rb': '',
  'd/e/deeper.rb': '',
};

describe('a glob', (it) => {
  for (const [pattern, found] of Object.entries(patterns)) {
    it(`finds ${found.join(', ') || 'nothing'} for ${pattern}`, async (scope) => {
      const root = join(await scratchDirectory(scope), 'app');
      await writeApp(root, files);

      assert.equal(glob(root, pattern), found);
    });
  }

  it('does not go in circles', async (scope) => {
    const root = await scratchDirectory(scope);
    await writeApp(root, files);
    await symlink('..', join(root, 'd/up'));

    assert.equal(glob(root, '**/deep.rb'), ['d/deep.rb']);
  });
});
