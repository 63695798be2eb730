import * as assert from 'uvu/assert';
import { deploying, type Happening, next, type Phase } from '#cli/watch/redeploys.ts';
import { describe } from '../../support/spec.ts';

/** What a watch does, and where it stands then, when these things happen to it at these moments. */
function play(begin: Phase, ...happenings: readonly (readonly [Happening, number])[]): string {
  let phase = begin;
  const acts: string[] = [];
  for (const [happening, now] of happenings) {
    const step = next(phase, happening, now);
    phase = step.phase;
    if (step.act !== undefined) acts.push(`${step.act} ${now}`);
    if (step.impatientAt !== undefined) acts.push(`until ${step.impatientAt}`);
  }
  return [...acts, phase.at].join(', ');
}

const rest: Phase = { at: 'rest' };
const failed: Phase = { at: 'failed' };

describe('redeploys', (it) => {
  it('begin with a change, and end with it', () => {
    assert.is(play(rest, ['changed', 0], ['served', 50]), 'deploy 0, rest');
    assert.is(play(rest, ['as before', 0]), 'rest');
  });

  it('of changes that come meanwhile are one, when the first has ended', () => {
    assert.is(
      play(rest, ['changed', 0], ['changed', 10], ['changed', 20], ['served', 50], ['served', 100]),
      'deploy 0, until 1000, until 1000, deploy 50, rest',
    );
  });

  it('are not made for a change that was taken back meanwhile', () => {
    assert.is(
      play(rest, ['changed', 0], ['changed', 10], ['as before', 20], ['served', 50]),
      'deploy 0, until 1000, rest',
    );
  });

  it('that take long are given up for a newer state', () => {
    assert.is(
      play(rest, ['changed', 0], ['changed', 10], ['impatient', 1_000], ['ended', 1_010], ['served', 1_100]),
      'deploy 0, until 1000, give up 1000, deploy 1010, rest',
    );
    assert.is(
      play(rest, ['changed', 0], ['changed', 5_000], ['ended', 5_010]),
      'deploy 0, give up 5000, deploy 5010, deploying',
    );
  });

  it('that serve although they were given up are followed by the newer one', () => {
    assert.is(
      play(rest, ['changed', 0], ['changed', 2_000], ['changed', 2_001], ['as before', 2_002], ['served', 2_003]),
      'deploy 0, give up 2000, deploy 2003, deploying',
    );
  });

  it('get twice the time after each that was given up, so that one comes to its end', () => {
    const limits: number[] = [];
    for (const givenUp of [0, 1, 2, 3, 4, 5, 6, 60]) {
      limits.push(next(deploying(0, givenUp), 'changed', 0).impatientAt ?? 0);
    }

    assert.equal(limits, [1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000]);
    assert.is(
      play(deploying(0, 4), ['changed', 1], ['served', 9_000], ['changed', 9_001]),
      'until 16000, deploy 9000, until 10000, deploying',
    );
  });

  it('that fail leave it at that until the next change', () => {
    assert.is(play(rest, ['changed', 0], ['failed', 50], ['impatient', 60]), 'deploy 0, failed');
    assert.is(play(failed, ['changed', 0]), 'deploy 0, deploying');
    assert.is(play(failed, ['saved again', 0]), 'deploy 0, deploying');
    assert.is(play(failed, ['as before', 0]), 'rest');
  });

  it('that fail when there is a newer state are followed by it', () => {
    assert.is(
      play(rest, ['changed', 0], ['changed', 10], ['failed', 50]),
      'deploy 0, until 1000, deploy 50, deploying',
    );
  });

  it('wait for a platform that is gone, and go on where they were', () => {
    assert.is(play(rest, ['lost', 0], ['found', 50]), 'seek platform 0, rest');
    assert.is(play(rest, ['lost', 0], ['found another', 50]), 'seek platform 0, deploy 50, deploying');
    assert.is(
      play(rest, ['changed', 0], ['lost', 10], ['found', 50]),
      'deploy 0, seek platform 10, deploy 50, deploying',
    );
    assert.is(play(rest, ['lost', 0], ['changed', 10], ['found', 50]), 'seek platform 0, deploy 50, deploying');
    assert.is(play(rest, ['lost', 0], ['changed', 10], ['as before', 20], ['found', 50]), 'seek platform 0, rest');
    assert.is(play(failed, ['lost', 0], ['saved again', 10], ['found', 50]), 'seek platform 0, deploy 50, deploying');
  });

  it('are never two at once, whatever happens', () => {
    const all: Happening[] = ['changed', 'as before', 'saved again', 'impatient', 'lost', 'found', 'found another'];
    const threes = all.flatMap((a) => all.flatMap((b) => all.map((c) => [a, b, c] as const)));
    for (const [first, second, third] of threes) {
      const acts = play(deploying(0), [first, 5_000], [second, 5_001], [third, 5_002]);
      // Only the end of the one before, or the platform's return, lets another begin.
      assert.ok(!acts.includes('deploy ') || /seek platform \d+, (until \d+, )?deploy/.test(acts), acts);
    }
  });
});
