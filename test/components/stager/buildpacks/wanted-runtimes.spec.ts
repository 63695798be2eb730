import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { constraintTextOf, wantedRuntimes } from '#components/stager/buildpacks/wanted-runtimes.ts';
import { scratchDirectory } from '../../../support/scratch.ts';
import { describe } from '../../../support/spec.ts';

describe('runtimes that building an app takes', (it) => {
  it('come first in the PATH of buildpacks, and what is not there is said', async (scope) => {
    const [home, app] = [await scratchDirectory(scope), await scratchDirectory(scope)];
    const bin = join(home, '.rbenv/versions/98.7.6/bin');
    await mkdir(bin, { recursive: true });
    await writeFile(join(bin, 'ruby'), '#!/bin/sh\n', { mode: 0o755 });
    await writeFile(join(app, 'Gemfile'), 'ruby "~> 98.7"');
    await writeFile(join(app, '.nvmrc'), '99');

    const { asked, path, remarks } = await wantedRuntimes(app, {
      HOME: home,
      PATH: '/usr/bin',
      LOCALPAAS_RUNTIMES: '/opt/x',
    });

    assert.equal(
      asked.map(({ family, constraint }) => [family, constraint]),
      [
        ['node', '99'],
        ['ruby', '~> 98.7'],
      ],
    );
    assert.is(path, `${bin}:/opt/x:/usr/bin`);
    assert.is(remarks.length, 1);
    assert.match(
      remarks.join(),
      /^The app needs node 99 \(\.nvmrc\); this machine has node \d.* change the constraint\.$/,
    );
  });
});

describe('constraint of an app made by a buildpack', (it) => {
  it('is what the buildpack says, with where that stands; else what the files say', () => {
    const asked = [{ family: 'node', constraint: '>=18', from: '.nvmrc' }] as const;

    assert.is(constraintTextOf({ name: 'node', constraint: '>=18' }, asked), '>=18 (.nvmrc)');
    assert.is(constraintTextOf({ name: 'node', constraint: '^20' }, asked), '^20');
    assert.is(constraintTextOf({ name: 'node', constraint: '' }, asked), '>=18 (.nvmrc)');
    assert.is(constraintTextOf({ name: 'ruby', constraint: '' }, asked), undefined);
    assert.is(constraintTextOf(undefined, asked), undefined);
  });
});
