import * as assert from 'uvu/assert';
import { planOf } from '../../../scripts/plug/plan.ts';
import { describe } from '../../support/spec.ts';

describe('a plan of power cuts', (it) => {
  it('is the same for the same seed, and begins alike for fewer rounds', () => {
    assert.equal(planOf(5, 20), planOf(5, 20));
    assert.equal(planOf(5, 3), planOf(5, 20).slice(0, 3));
    assert.not.equal(planOf(5, 20), planOf(6, 20));
  });

  it('cuts at any time, at the moment of an answer, twice in a row, and during first starts', () => {
    const plan = planOf(1, 300);
    const some = (test: (round: (typeof plan)[number]) => boolean) => assert.ok(plan.some(test));

    some(({ kind, moment }) => kind === 'use' && 'afterMs' in moment && moment.afterMs < 100);
    some(({ kind, moment }) => kind === 'use' && 'afterMs' in moment && moment.afterMs > 3_000);
    some(({ kind, moment }) => kind === 'use' && 'afterAcknowledged' in moment && moment.afterAcknowledged === 1);
    some(({ kind, startCutAt }) => kind === 'use' && startCutAt === undefined);
    some(({ kind, startCutAt = 0 }) => kind === 'use' && startCutAt > 1.5);
    some(({ kind, startCutAt = 1 }) => kind === 'first-start' && startCutAt < 0.2);
    assert.ok(plan.every(({ kind, startCutAt }) => kind === 'use' || startCutAt !== undefined));
  });
});
