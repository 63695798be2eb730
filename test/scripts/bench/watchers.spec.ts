import * as assert from 'uvu/assert';
import { eventsIn } from '../../../scripts/bench/watchers.ts';
import { describe } from '../../support/spec.ts';

describe('what a watch prints for programs', (it) => {
  it('is read line by line, as far as whole lines have come', () => {
    assert.equal(eventsIn('{"event":"serving","ms":51}\n{"event":"watching"}\n{"event":"ser'), ['serving', 'watching']);
    assert.equal(eventsIn(''), []);
  });

  it('is not understood where it is something else', () => {
    assert.throws(() => eventsIn('{"error":{}}\n'));
    assert.throws(() => eventsIn('Pushing app\n'));
  });
});
