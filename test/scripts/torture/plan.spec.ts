import * as assert from 'uvu/assert';
import { planOf } from '../../../scripts/torture/plan.ts';
import { randomFrom } from '../../../scripts/torture/random.ts';
import { describe } from '../../support/spec.ts';

describe('random choices', (it) => {
  it('are the same for the same seed, and others for another', () => {
    const choices = (seed: number) => {
      const random = randomFrom(seed);
      return Array.from({ length: 20 }, () => random.below(1_000_000));
    };

    assert.equal(choices(7), choices(7));
    assert.not.equal(choices(7), choices(8));
  });

  it('reach everything, and nothing beyond', () => {
    const random = randomFrom(1);
    const seen = new Set(Array.from({ length: 1_000 }, () => random.below(10)));

    assert.equal([...seen].toSorted(), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    assert.is(random.pick(['only']), 'only');
  });
});

describe('a plan', (it) => {
  it('is the same for the same seed', () => {
    assert.equal(planOf(5, { kills: 20, apps: 3 }), planOf(5, { kills: 20, apps: 3 }));
    assert.not.equal(planOf(5, { kills: 20, apps: 3 }), planOf(6, { kills: 20, apps: 3 }));
  });

  it('begins alike for fewer kills', () => {
    assert.equal(planOf(5, { kills: 3, apps: 3 }), planOf(5, { kills: 20, apps: 3 }).slice(0, 3));
  });

  it('kills both, at any moment, while every app has every kind of change', () => {
    const plan = planOf(1, { kills: 200, apps: 3 });
    const valuesOf = (pick: (assault: (typeof plan)[number]) => unknown) => [...new Set(plan.map(pick))].toSorted();

    assert.equal(
      valuesOf(({ victim }) => victim),
      ['localpaas', 'nats-server'],
    );
    assert.equal(
      valuesOf(({ app }) => app),
      [0, 1, 2],
    );
    const delays = plan.map(({ delayMs }) => delayMs);
    assert.ok(Math.min(...delays) < 20 && Math.max(...delays) > 1_000 && Math.max(...delays) <= 1_500);
    const kinds = new Set(plan.flatMap(({ changes }) => changes.map(({ kind }) => kind)));
    assert.equal([...kinds].toSorted(), ['push', 'scale', 'set-env', 'unset-env']);
  });

  it('sets no value and pushes no version twice', () => {
    const changes = planOf(2, { kills: 100, apps: 2 }).flatMap((assault) => assault.changes);
    const values = changes.flatMap((change) => (change.kind === 'set-env' ? change.value : []));
    const versions = changes.flatMap((change) => (change.kind === 'push' ? change.version : []));

    assert.is(new Set(values).size, values.length);
    assert.is(new Set(versions).size, versions.length);
  });
});
