import * as assert from 'uvu/assert';
import { Quiet, type Sight } from '#cli/watch/quiet.ts';
import { describe } from '../../support/spec.ts';

const one: Sight = { changed: 1, wasEmptied: false, areDependencies: false, isBusy: false };
const nothing: Sight = { ...one, changed: 0 };

/** When the folder is looked at and what comes of it, for events at these moments and what each look would see. */
function play(eventsAt: readonly number[], see: (look: number, now: number) => Sight, untilMs = 20_000): string[] {
  const quiet = new Quiet(15);
  const events = [...eventsAt];
  const said: string[] = [];
  for (let looks = 0; ; ) {
    const lookAt = quiet.lookAt ?? Number.POSITIVE_INFINITY;
    const eventAt = events[0] ?? Number.POSITIVE_INFINITY;
    const now = Math.min(lookAt, eventAt);
    if (now >= untilMs) return said;
    if (eventAt <= lookAt) {
      events.shift();
      quiet.event(now);
    } else {
      said.push(`${quiet.looked(now, see(looks, now))} ${now}`);
      looks += 1;
    }
  }
}

const every = (ms: number, count: number) => Array.from({ length: count }, (_, index) => index * ms);

describe('a burst of changes', (it) => {
  it('that is one event is over 15 ms later', () => {
    assert.equal(
      play([0], () => one),
      ['settled 15'],
    );
  });

  it('is over 15 ms after its last event', () => {
    assert.equal(
      play([0, 10, 20, 34], () => one),
      ['settled 49'],
    );
  });

  it('is looked at again when it changed many files, the later the more they are', () => {
    const see = (count: number) => (look: number) => (look === 0 ? { ...one, changed: count } : nothing);

    assert.equal(play([0], see(5)), ['settled 15']);
    assert.equal(play([0], see(6)), ['wait 15', 'settled 50']);
    assert.equal(play([0], see(60)), ['wait 15', 'settled 200']);
    assert.equal(play([0], see(1_000)), ['wait 15', 'settled 400']);
  });

  it('of 1,000 files written with pauses ends once', () => {
    const said = play(every(20, 40), (look, now) => ({ ...one, changed: look === 0 ? 600 : Number(now < 800) }));

    assert.equal(
      said.filter((each) => !each.startsWith('wait')),
      ['settled 1180'],
    );
  });

  it('that emptied a file gives its writer some time', () => {
    assert.equal(
      play([0], (look) => (look === 0 ? { ...one, wasEmptied: true } : nothing)),
      ['wait 15', 'settled 100'],
    );
  });

  it('in dependencies is over when they were left alone for longer', () => {
    const see = (look: number) => (look === 0 ? { ...one, areDependencies: true } : nothing);

    assert.equal(play([0], see), ['wait 15', 'settled 300']);
    // An installation that takes a while is waited for, where other changes would be taken as they are.
    assert.equal(play(every(250, 40), see).at(-1), 'settled 10050');
  });

  it('waits for git to let go of its lock', () => {
    assert.equal(
      play([0], (_, now) => ({ ...one, changed: now < 20 ? 1 : 0, isBusy: now < 100 })),
      ['wait 15', 'wait 65', 'settled 115'],
    );
  });

  it('does not wait for ever for a lock that git left behind', () => {
    const said = play([0], (look) => ({ ...one, changed: look === 0 ? 1 : 0, isBusy: true }));

    assert.is(said.at(-1), 'moving 3000');
  });

  it('in which a file grows is over when it has stopped growing', () => {
    const said = play(every(100, 6), (_, now) => (now < 600 ? one : nothing));

    assert.is(said[0], 'settled 15');
    assert.equal(
      said.slice(1).filter((each) => !each.startsWith('wait')),
      ['settled 620'],
    );
  });

  it('without an end is taken as it is after seconds, then at longer intervals', () => {
    const said = play(every(10, 3_000), () => one, 30_000);

    assert.equal(said, ['moving 3000', 'moving 13010', 'moving 23020']);
  });

  it('after a pause is as quick as the first', () => {
    assert.equal(
      play([0, 2_000], () => one),
      ['settled 15', 'settled 2015'],
    );
  });

  it('takes no longer because the process stood still', () => {
    const quiet = new Quiet(15);

    quiet.event(100);

    assert.is(quiet.looked(3_600_000, one), 'settled');
    assert.is(quiet.lookAt, undefined);
  });
});
