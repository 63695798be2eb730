import * as assert from 'uvu/assert';
import { ActualState } from '#components/cloud-controller/running/actual-state.ts';
import { describe } from '../../../support/spec.ts';

const at0 = { app: 'a', index: 0, version: 'v1', dea: 'd' };
const beat = (given: Partial<Parameters<ActualState['seen']>[0]> = {}) => ({
  droplet: 'a',
  version: 'v1',
  instance: 'i',
  index: 0,
  state: 'RUNNING' as const,
  state_timestamp: 100,
  ...given,
});
const exit = (given: Partial<Parameters<ActualState['exited']>[0]> = {}) => ({
  droplet: 'a',
  version: 'v1',
  instance: 'i',
  index: 0,
  reason: 'STOPPED' as const,
  ...given,
});
const shown = (actual: ActualState) =>
  actual.instancesOf('a').map(({ index, state, id, isStopping }) => [index, state, id, isStopping]);

describe('actual state', (it) => {
  it('counts an instance as starting from the moment it was asked for', () => {
    const actual = new ActualState();

    actual.asked(at0, 5_000);

    assert.equal(shown(actual), [[0, 'STARTING', null, false]]);
    assert.is(actual.instancesOf('a')[0]?.sinceMs, 5_000);
    assert.equal(actual.instancesOf('other'), []);
  });

  it('knows the instance that was asked for when a DEA tells of it', () => {
    const actual = new ActualState();
    actual.asked(at0, 5_000);

    actual.seen(beat({ state: 'STARTING', state_timestamp: 6 }), 'd', 6_500);
    actual.seen(beat({ state_timestamp: 7 }), 'd', 7_500);

    assert.equal(shown(actual), [[0, 'RUNNING', 'i', false]]);
    assert.is(actual.instancesOf('a')[0]?.sinceMs, 7_000);
  });

  it('does not take an older version or another index for it', () => {
    const actual = new ActualState();
    actual.asked(at0, 0);

    actual.seen(beat({ instance: 'old', version: 'v0' }), 'd', 1);
    actual.seen(beat({ instance: 'second', index: 1 }), 'd', 1);

    assert.is(actual.instancesOf('a').filter(({ id }) => id === null).length, 1);
    assert.is(actual.instancesOf('a').length, 3);
  });

  it('forgets an instance that exits, whichever way', () => {
    for (const reason of ['STOPPED', 'CRASHED', 'DEA_SHUTDOWN', 'DEA_EVACUATION'] as const) {
      const actual = new ActualState();
      actual.seen(beat(), 'd', 0);

      actual.exited(exit({ reason }), 1);

      assert.equal(shown(actual), [], reason);
    }
  });

  it('remembers the last crash of an index and its reason', () => {
    const actual = new ActualState();
    actual.seen(beat(), 'd', 0);

    actual.exited(exit({ reason: 'CRASHED', exit_description: 'exited with status 1', crash_timestamp: 9 }), 10_000);
    actual.exited(exit({ instance: 'j', reason: 'CRASHED' }), 11_000);

    assert.equal(actual.troubleAt('a', 0), { kind: 'crashed', version: 'v1', reason: 'crashed', sinceMs: 11_000 });
    assert.is(actual.troubleAt('a', 1), undefined);
  });

  it('keeps the reason of a crash when heartbeats repeat it', () => {
    const actual = new ActualState();
    actual.seen(beat(), 'd', 0);
    actual.exited(exit({ reason: 'CRASHED', exit_description: 'exited with status 1', crash_timestamp: 9 }), 9_500);

    actual.seen(beat({ state: 'CRASHED', state_timestamp: 9 }), 'd', 10_000);

    assert.is(actual.troubleAt('a', 0)?.reason, 'exited with status 1');
    assert.equal(shown(actual), []);
  });

  it('learns of a crash from a heartbeat when it heard nothing before', () => {
    const actual = new ActualState();

    actual.seen(beat({ state: 'CRASHED', state_timestamp: 9 }), 'd', 10_000);

    assert.equal(actual.troubleAt('a', 0), { kind: 'crashed', version: 'v1', reason: 'crashed', sinceMs: 9_000 });
  });

  it('takes a crash before the first heartbeat for the instance that was asked for', () => {
    const actual = new ActualState();
    actual.asked(at0, 0);

    actual.exited(exit({ instance: 'never-seen', reason: 'CRASHED' }), 1);

    assert.equal(shown(actual), []);
    assert.is(actual.troubleAt('a', 0)?.kind, 'crashed');
  });

  it('takes a stop of an unknown instance for one that was told to stop, and for no other', () => {
    const actual = new ActualState();
    actual.asked(at0, 0);

    actual.exited(exit({ instance: 'unknown' }), 1);
    const untouched = shown(actual);
    actual.stopping('a');
    actual.exited(exit({ instance: 'unknown' }), 2);

    assert.equal(untouched, [[0, 'STARTING', null, false]]);
    assert.equal(shown(actual), []);
  });

  it('marks what is told to stop, by version, index or id, also when it is heard of later', () => {
    const actual = new ActualState();
    actual.seen(beat(), 'd', 0);
    actual.seen(beat({ instance: 'j', index: 1 }), 'd', 0);
    actual.seen(beat({ instance: 'k', index: 2, version: 'v2' }), 'd', 0);

    actual.stopping('a', { version: 'v2' });
    actual.stopping('a', { indices: [1] });
    actual.stopping('a', { ids: ['nobody'] });
    actual.seen(beat({ instance: 'j', index: 1 }), 'd', 1);

    const stopping = actual.instancesOf('a').flatMap(({ id, isStopping }) => (isStopping ? [id] : []));
    assert.equal(stopping.sort(), ['j', 'k']);
    assert.ok(actual.isSomethingStopping());
  });

  it('forgets what nobody tells of any more', () => {
    const actual = new ActualState();
    actual.seen(beat(), 'd', 0);
    actual.seen(beat({ instance: 'j', index: 1 }), 'd', 20_000);

    const lost = actual.prune(30_000, 30_000);

    assert.equal(
      lost.map(({ id }) => id),
      ['i'],
    );
    assert.equal(shown(actual), [[1, 'RUNNING', 'j', false]]);
  });

  it('gives everything the whole time again after nobody could tell', () => {
    const actual = new ActualState();
    actual.seen(beat(), 'd', 0);

    actual.refresh(29_000);

    assert.equal(actual.prune(58_000, 30_000), []);
    assert.is(actual.prune(59_000, 30_000).length, 1);
  });

  it('says whether a failed placement is news', () => {
    const actual = new ActualState();
    const place = { app: 'a', index: 0, version: 'v1' };

    const news = [
      actual.unplaced({ ...place, reason: 'no room' }, 1),
      actual.unplaced({ ...place, reason: 'no room' }, 2),
      actual.unplaced({ ...place, reason: 'needs ruby' }, 3),
      actual.unplaced({ ...place, version: 'v2', reason: 'needs ruby' }, 4),
    ];

    assert.equal(news, [true, false, true, true]);
    assert.is(actual.troubleAt('a', 0)?.sinceMs, 4);
  });

  it('forgets a failed placement when a DEA takes the instance, and keeps a crash', () => {
    const actual = new ActualState();
    actual.unplaced({ app: 'a', index: 0, version: 'v1', reason: 'no room' }, 1);
    actual.exited(exit({ index: 1, reason: 'CRASHED' }), 1);

    actual.asked(at0, 2);
    actual.asked({ ...at0, index: 1 }, 2);

    assert.is(actual.troubleAt('a', 0), undefined);
    assert.is(actual.troubleAt('a', 1)?.kind, 'crashed');
  });

  it('forgets what happened to an older version when a newer one starts', () => {
    const actual = new ActualState();
    actual.exited(exit({ index: 1, reason: 'CRASHED' }), 1);

    actual.asked({ ...at0, version: 'v2' }, 2);

    assert.is(actual.troubleAt('a', 1), undefined);
  });
});
