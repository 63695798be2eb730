import * as assert from 'uvu/assert';
import { familyOf, installHintOf, runtimeFamilies } from '#contract/runtimes.ts';
import { describe } from '../support/spec.ts';

describe('the family of a runtime', (it) => {
  it('is found by every name that 2012 had for it', () => {
    const names = { ruby18: 'ruby', ruby193: 'ruby', node: 'node', node08: 'node', python2: 'python', php: 'php' };
    for (const [name, family] of Object.entries({ ...names, java7: 'java', 'Node0.10': 'node', 'ruby2.0.0': 'ruby' })) {
      assert.is(familyOf(name), family, name);
    }
  });

  it('is none for what is not in the table', () => {
    for (const name of ['', 'erlangR14B01', 'go', 'nodejs', 'jruby19', '19', 'constructor']) {
      assert.is(familyOf(name), undefined, name);
    }
  });

  it('comes with a hint how to get it', () => {
    for (const family of runtimeFamilies)
      assert.match(installHintOf(family), /^install it with `(apt|brew) install \S+`$/);
  });
});
