import * as assert from 'uvu/assert';
import { laneOfBallast, laneOfGuests, laneOfResidents } from '../../../scripts/plug/changes.ts';
import { Model } from '../../../scripts/torture/model.ts';
import { randomFrom } from '../../../scripts/torture/random.ts';
import { describe } from '../../support/spec.ts';

describe('the changes of one lane', (it) => {
  it('never make or delete an app that is always there', () => {
    const model = new Model();
    model.add('shop', { version: 'v1', instances: 1 });
    const lane = laneOfResidents(['shop']);
    const random = randomFrom(1);

    const kinds = new Set(Array.from({ length: 300 }, (_, step) => lane.next(random, model, `${step}`).change.kind));

    assert.equal([...kinds].toSorted(), ['map-route', 'push', 'scale', 'set-env', 'start', 'stop', 'unset-env']);
  });

  it('are only such as the platform has to take', () => {
    const model = new Model();
    for (const app of ['one', 'two']) model.addName(app);
    const lane = laneOfGuests(['one', 'two']);
    const random = randomFrom(2);

    const kinds = new Set<string>();
    for (let step = 0; step < 500; step += 1) {
      const { app, change } = lane.next(random, model, `${step}`);
      assert.ok(model.allows(app, change), JSON.stringify(change));
      model.attempt(app, change);
      model.acknowledge(app, change);
      kinds.add(change.kind);
    }

    assert.ok(kinds.has('create') && kinds.has('delete') && kinds.has('unmap-route'));
  });

  it('fill the files of the message bus', () => {
    const lane = laneOfBallast('ballast');
    const random = randomFrom(3);
    let bytes = 0;

    for (let step = 0; step < 50; step += 1) {
      const { change } = lane.next(random, new Model(), `${step}`);
      assert.ok(change.kind === 'set-env' && change.value.length < 300_000);
      bytes += change.value.length;
    }

    assert.ok(bytes > 4 * 1024 * 1024);
  });
});
