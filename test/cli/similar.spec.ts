import * as assert from 'uvu/assert';
import { didYouMean, similarTo } from '#cli/similar.ts';
import { describe } from '../support/spec.ts';

const names = ['push', 'apps', 'app', 'logs', 'restart', 'restage', 'start', 'stop'];

describe('similar names', (it) => {
  it('are found across a typing mistake', () => {
    assert.equal(similarTo('psuh', names), ['push']);
    assert.equal(similarTo('lgos', names), ['logs']);
    assert.equal(similarTo('restrat', names), ['restart']);
    assert.equal(similarTo('PUSH', names), ['push']);
    assert.equal(similarTo('xyzzy', names), []);
    assert.equal(similarTo('', []), []);
  });

  it('include names that only began', () => {
    assert.equal(similarTo('rest', names).slice(0, 2), ['restart', 'restage']);
  });

  it('are offered as a question', () => {
    assert.is(didYouMean('psuh', names), "Did you mean 'push'? ");
    assert.is(didYouMean('xyzzy', names), '');
  });
});
