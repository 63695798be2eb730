import * as assert from 'uvu/assert';
import { compareVersions } from '#cli/upgrade/version.ts';
import { describe } from '../../support/spec.ts';

/** In their order, from the oldest on. */
const versions = [
  '0.1.0-alpha',
  '0.1.0-alpha.1',
  '0.1.0-alpha.beta',
  '0.1.0-beta',
  '0.1.0-beta.2',
  '0.1.0-beta.11',
  '0.1.0-rc-1',
  '0.1.0',
  '0.1.1',
  '0.2.0',
  '0.10.0',
  '1.0.0',
];

describe('versions', (it) => {
  it('are older, equal or newer as semver.org has it', () => {
    for (const [at, one] of versions.entries()) {
      for (const [place, other] of versions.entries()) {
        assert.is(Math.sign(compareVersions(one, other)), Math.sign(at - place), `${one} and ${other}`);
      }
    }
  });

  it('are equal when only the build differs', () => {
    assert.is(compareVersions('1.0.0+a', '1.0.0+b'), 0);
    assert.ok(compareVersions('1.0.0-rc.1+z', '1.0.0') < 0);
  });
});
