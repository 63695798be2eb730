import * as assert from 'uvu/assert';
import { type InstanceEvent, isLive, type Life, next, type Phase, stateOf } from '#components/dea/instance.ts';
import { describe } from '../../support/spec.ts';

const crashed = { reason: 'CRASHED', status: 3, description: 'exited with status 3' } as const;
const stopped = { reason: 'STOPPED' } as const;

const lives: Readonly<Record<Phase, Life>> = {
  PREPARING: { phase: 'PREPARING', sinceMs: 1 },
  STARTING: { phase: 'STARTING', sinceMs: 1 },
  RUNNING: { phase: 'RUNNING', sinceMs: 1 },
  ENDING: { phase: 'ENDING', sinceMs: 1, ending: stopped },
  CRASHED: { phase: 'CRASHED', sinceMs: 1, ending: crashed },
  GONE: { phase: 'GONE', sinceMs: 1, ending: stopped },
};
const events: readonly InstanceEvent[] = [
  { type: 'launched' },
  { type: 'ready' },
  { type: 'failed', ending: crashed },
  { type: 'stopped', reason: 'STOPPED' },
  { type: 'ended' },
  { type: 'forgotten' },
];

describe('instance', (it) => {
  it('goes from preparing over starting to running, which it announces', () => {
    const launched = next(lives.PREPARING, { type: 'launched' }, 5);
    assert.equal(launched, { life: { phase: 'STARTING', sinceMs: 5 }, effects: [] });

    const ready = next(lives.STARTING, { type: 'ready' }, 6);
    assert.equal(ready, { life: { phase: 'RUNNING', sinceMs: 6 }, effects: ['announce'] });
  });

  it('withdraws its route before it is ended, wherever it is', () => {
    for (const phase of ['PREPARING', 'STARTING', 'RUNNING'] as const) {
      assert.equal(next(lives[phase], { type: 'stopped', reason: 'DEA_SHUTDOWN' }, 7), {
        life: { phase: 'ENDING', sinceMs: 7, ending: { reason: 'DEA_SHUTDOWN' } },
        effects: ['withdraw', 'terminate'],
      });
      assert.equal(next(lives[phase], { type: 'failed', ending: crashed }, 7), {
        life: { phase: 'ENDING', sinceMs: 7, ending: crashed },
        effects: ['withdraw', 'terminate'],
      });
    }
  });

  it('keeps the files of a crash, and removes those of a stop', () => {
    const ending: Life = { phase: 'ENDING', sinceMs: 1, ending: crashed };
    assert.equal(next(ending, { type: 'ended' }, 8), {
      life: { phase: 'CRASHED', sinceMs: 8, ending: crashed },
      effects: ['release', 'report'],
    });
    assert.equal(next(lives.ENDING, { type: 'ended' }, 8), {
      life: { phase: 'GONE', sinceMs: 8, ending: stopped },
      effects: ['release', 'report', 'remove-files'],
    });
  });

  it('removes the files of a crash without another report', () => {
    for (const event of [{ type: 'forgotten' }, { type: 'stopped', reason: 'STOPPED' }] as const) {
      assert.equal(next(lives.CRASHED, event, 9)?.effects, ['remove-files']);
    }
  });

  it('is no crash any more when it is stopped while it is cleaned up', () => {
    const ending: Life = { phase: 'ENDING', sinceMs: 1, ending: crashed };

    const step = next(ending, { type: 'stopped', reason: 'STOPPED' }, 9);

    assert.equal(step, { life: { phase: 'ENDING', sinceMs: 1, ending: stopped }, effects: [] });
  });

  it('stays stopped for the user when the DEA stops meanwhile', () => {
    assert.equal(next(lives.ENDING, { type: 'stopped', reason: 'DEA_SHUTDOWN' }, 9)?.life, lives.ENDING);
  });

  it('takes no event that is not foreseen', () => {
    const foreseen: Readonly<Record<Phase, readonly InstanceEvent['type'][]>> = {
      PREPARING: ['launched', 'failed', 'stopped'],
      STARTING: ['ready', 'failed', 'stopped'],
      RUNNING: ['failed', 'stopped'],
      ENDING: ['stopped', 'ended'],
      CRASHED: ['stopped', 'forgotten'],
      GONE: [],
    };
    for (const [phase, life] of Object.entries(lives)) {
      const taken = events.filter((event) => next(life, event, 9) !== undefined).map(({ type }) => type);
      assert.equal(taken, foreseen[phase as Phase], phase); // the keys of `lives` are phases
    }
  });

  it('holds memory until it has ended', () => {
    const live = Object.values(lives).filter(isLive);
    assert.equal(
      live.map(({ phase }) => phase),
      ['PREPARING', 'STARTING', 'RUNNING', 'ENDING'],
    );
  });

  it('has a state the wire knows', () => {
    const states = Object.values(lives).map(stateOf);
    assert.equal(states, ['STARTING', 'STARTING', 'RUNNING', 'STOPPED', 'CRASHED', 'STOPPED']);
  });
});
