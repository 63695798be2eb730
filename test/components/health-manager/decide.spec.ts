import * as assert from 'uvu/assert';
import type { ActualInstance } from '../../../src/components/health-manager/actual-state.ts';
import { ActualState } from '../../../src/components/health-manager/actual-state.ts';
import { restartDelayMs } from '../../../src/components/health-manager/crash-delay.ts';
import { decide } from '../../../src/components/health-manager/decide.ts';
import type { DesiredApp } from '../../../src/components/health-manager/desired-state.ts';
import { describe } from '../../support/spec.ts';

const app = (change: Partial<DesiredApp> = {}): DesiredApp => ({
  id: 'a',
  instances: 2,
  isWanted: true,
  version: 'v1',
  changedAtMs: 0,
  isReachable: true,
  state: 'STARTED',
  packageState: 'STAGED',
  lastUpdated: 'then',
  ...change,
});

const instance = (name: string, index: number, change: Partial<ActualInstance> = {}): ActualInstance => ({
  instance: name,
  app: 'a',
  version: 'v1',
  index,
  state: 'RUNNING',
  sinceMs: 0,
  seenAtMs: 100_000,
  partition: 'default',
  isProd: false,
  ...change,
});

const moment = { nowMs: 100_000, settledAfterMs: 10_000, isPending: () => false };

function decided(desired: DesiredApp[], live: ActualInstance[], change: Partial<typeof moment> = {}) {
  const { starts, stops } = decide(new Map(desired.map((each) => [each.id, each])), live, { ...moment, ...change });
  return {
    start: starts.flatMap((each) => each.indices),
    stop: stops.flatMap((each) => each.instances.map((i) => i.instance)),
  };
}

const nothing = { start: [], stop: [] };

describe('decide', (it) => {
  it('asks for nothing when each index runs once', () => {
    assert.equal(decided([app()], [instance('x', 0), instance('y', 1)]), nothing);
  });

  it('starts each index that has no instance of the right version', () => {
    assert.equal(decided([app()], [instance('x', 1)]), { start: [0], stop: [] });
    assert.equal(decided([app({ version: 'v2' })], [instance('x', 0)]), { start: [0, 1], stop: [] });
  });

  it('counts an instance that is starting', () => {
    assert.equal(decided([app({ instances: 1 })], [instance('x', 0, { state: 'STARTING' })]), nothing);
  });

  it('leaves an app alone that changed a moment ago', () => {
    assert.equal(decided([app({ changedAtMs: 95_000 })], [instance('x', 7)]), nothing);
  });

  it('leaves an index alone whose start is under way', () => {
    assert.equal(decided([app()], [], { isPending: () => true }), nothing);
  });

  it('stops the instances of an app that is stopped, and those with too high an index', () => {
    assert.equal(decided([app({ isWanted: false })], [instance('x', 0)]), { start: [], stop: ['x'] });
    assert.equal(decided([app({ instances: 1 })], [instance('x', 0), instance('y', 1)]), { start: [], stop: ['y'] });
  });

  it('keeps an old version until the new one runs at its index', () => {
    const old = instance('old', 0);
    const desired = [app({ version: 'v2', instances: 1 })];
    assert.equal(decided(desired, [old, instance('new', 0, { version: 'v2', state: 'STARTING' })]), nothing);
    assert.equal(decided(desired, [old, instance('new', 0, { version: 'v2' })]), { start: [], stop: ['old'] });
  });

  it('keeps the oldest running one of several at one index', () => {
    const live = [
      instance('starting', 0, { state: 'STARTING', sinceMs: 1 }),
      instance('younger', 0, { sinceMs: 5 }),
      instance('older', 0, { sinceMs: 3 }),
    ];
    assert.equal(decided([app({ instances: 1 })], live), { start: [], stop: ['starting', 'younger'] });
  });

  it('stops instances of unknown apps that a cloud controller placed, not those started by hand', () => {
    const placed = instance('placed', 0, { app: 'gone' });
    const byHand = instance('by hand', 0, { app: 'demo', partition: undefined });
    assert.equal(decided([], [placed, byHand]), { start: [], stop: ['placed'] });
  });
});

describe('restart delay', (it) => {
  it('is nothing at first and doubles up to its limit', () => {
    const rules = { flappingDeath: 1, minRestartDelayMs: 1_000, maxRestartDelayMs: 60_000, restartNoiseMs: 0 };
    const delays = [1, 2, 3, 4, 8, 100].map((crashes) => restartDelayMs(crashes, rules, 0.3));
    assert.equal(delays, [0, 1_000, 2_000, 4_000, 60_000, 60_000]);
    assert.is(restartDelayMs(3, { ...rules, flappingDeath: 3 }, 0), 0);
    assert.is(restartDelayMs(4, { ...rules, flappingDeath: 3 }, 0), 1_000);
  });

  it('is off by some noise, but never below nothing', () => {
    const rules = { flappingDeath: 1, minRestartDelayMs: 60_000, maxRestartDelayMs: 480_000, restartNoiseMs: 5_000 };
    assert.equal(
      [0, 0.5, 1].map((chance) => restartDelayMs(2, rules, chance)),
      [55_000, 60_000, 65_000],
    );
    assert.is(restartDelayMs(2, { ...rules, minRestartDelayMs: 10 }, 0), 0);
    assert.is(restartDelayMs(1, rules, 1), 0);
  });
});

describe('actual state', (it) => {
  const beat = (state: 'RUNNING' | 'STARTING', since: number) => ({
    dea: 'd',
    droplets: [{ droplet: 'a', version: 'v1', instance: 'x', index: 0, state, state_timestamp: since }],
  });
  const rules = { steadyAfterMs: 60_000, flappingTimeoutMs: 500_000 };
  const crash = { droplet: 'a', version: 'v1', instance: 'x', index: 0, reason: 'CRASHED' as const };

  it('forgets instances whose heartbeats stopped', () => {
    const actual = new ActualState();
    actual.heartbeat(beat('RUNNING', 1), 1_000);

    assert.is(actual.liveInstances(30_999, 30_000).length, 1);
    assert.is(actual.liveInstances(31_000, 30_000).length, 0);
  });

  it('counts crashes in a row, and anew after a long life', () => {
    const actual = new ActualState();
    assert.is(actual.exited(crash, 1_000, rules)?.count, 1);
    assert.is(actual.exited(crash, 2_000, rules)?.count, 2);

    actual.heartbeat(beat('RUNNING', 3), 3_000);
    assert.is(actual.exited(crash, 63_000, rules)?.count, 1);
  });

  it('counts anew after a crash that is long ago', () => {
    const actual = new ActualState();
    actual.exited(crash, 1_000, rules);

    assert.is(actual.exited(crash, 501_000, rules)?.count, 2);
    assert.is(actual.exited(crash, 1_001_001, rules)?.count, 1);
  });

  it('remembers the last crashes with the time the DEA told', () => {
    const actual = new ActualState();
    for (let count = 0; count < 12; count += 1) {
      actual.exited({ ...crash, instance: `i${count}`, crash_timestamp: 100 + count }, 0, rules);
    }

    const recent = actual.crashesOf('a', 'v1', 0)?.recent ?? [];
    assert.equal([recent.length, recent[0], recent[9]?.instance], [10, { instance: 'i2', since: 102 }, 'i11']);
  });

  it('does not count a stop as a crash', () => {
    const actual = new ActualState();
    assert.is(actual.exited({ ...crash, reason: 'STOPPED' }, 1_000, rules), undefined);
    assert.is(actual.crashesOf('a', 'v1', 0), undefined);
  });
});
