import * as assert from 'uvu/assert';
import type { ActualInstance } from '../../../src/components/health-manager/actual-state.ts';
import type { DesiredApp } from '../../../src/components/health-manager/desired-state.ts';
import { IdleApps } from '../../../src/components/health-manager/idle-apps.ts';
import { describe } from '../../support/spec.ts';

const app = (id: string, change: Partial<DesiredApp> = {}): [string, DesiredApp] => [
  id,
  {
    id,
    instances: 1,
    isWanted: true,
    version: 'v1',
    changedAtMs: 0,
    isReachable: true,
    state: 'STARTED',
    packageState: 'STAGED',
    lastUpdated: 1,
    ...change,
  },
];
const runs = (id: string, change: Partial<ActualInstance> = {}): ActualInstance => ({
  instance: `${id}0`,
  app: id,
  version: 'v1',
  index: 0,
  state: 'RUNNING',
  sinceMs: 0,
  seenAtMs: 0,
  partition: 'default',
  isProd: false,
  ...change,
});
const idsOf = (apps: readonly DesiredApp[]) => apps.map(({ id }) => id);

describe('an app', (it) => {
  it('is idle when no router was asked for it for so long', () => {
    const desired = new Map([app('busy'), app('quiet')]);
    const live = [runs('busy'), runs('quiet')];
    const idle = new IdleApps(100);

    const found: string[][] = [];
    for (const nowMs of [1_000, 1_040, 1_080, 1_120]) {
      idle.heard(nowMs === 1_000 ? ['busy', 'quiet', 'gone'] : ['busy'], desired, nowMs);
      found.push(idsOf(idle.find(desired, live, nowMs)));
    }

    assert.equal(found, [[], [], [], ['quiet']]);
  });

  it('is left alone for as long again once it was told of', () => {
    const desired = new Map([app('quiet')]);
    const idle = new IdleApps(100);
    for (const nowMs of [0, 50, 100]) idle.heard([], desired, nowMs);
    assert.equal(idsOf(idle.find(desired, [runs('quiet')], 100)), ['quiet']);

    idle.spare('quiet', 100);

    assert.equal(idle.find(desired, [runs('quiet')], 199), []);
    assert.equal(idsOf(idle.find(desired, [runs('quiet')], 200)), ['quiet']);
  });

  it('counts as asked for while no router told anything', () => {
    const desired = new Map([app('quiet')]);
    const idle = new IdleApps(100);

    for (const nowMs of [0, 50, 90, 300]) idle.heard([], desired, nowMs);
    assert.equal(idle.find(desired, [runs('quiet')], 300), []);

    for (const nowMs of [350, 399]) idle.heard([], desired, nowMs);
    assert.equal(idle.find(desired, [runs('quiet')], 399), []);
    idle.heard([], desired, 400);
    assert.equal(idsOf(idle.find(desired, [runs('quiet')], 400)), ['quiet']);
  });

  it('is idle when the cloud controller says so, or never', () => {
    const desired = new Map([
      app('usual'),
      app('soon', { idleStopMs: 40 }),
      app('late', { idleStopMs: 400 }),
      app('never', { idleStopMs: null }),
    ]);
    const live = [...desired.keys()].map((id) => runs(id));
    const tables: [IdleApps, string[]][] = [
      [new IdleApps(100), ['40 soon', '100 usual,soon', '400 usual,soon,late']],
      [new IdleApps(0), ['40 soon', '100 soon', '400 soon,late']],
    ];

    for (const [idle, expected] of tables) {
      const found: string[] = [];
      for (let nowMs = 0; nowMs <= 400; nowMs += 20) {
        idle.heard([], desired, nowMs);
        if ([20, 40, 100, 400].includes(nowMs)) {
          found.push(`${nowMs} ${idsOf(idle.find(desired, live, nowMs)).join()}`);
        }
      }
      assert.equal(found, ['20 ', ...expected]);
    }
  });

  it('is never idle when it changed lately, does not run, cannot be asked for, or runs in production', () => {
    const desired = new Map([
      app('new', { changedAtMs: 1_950 }),
      app('down'),
      app('starting'),
      app('started'),
      app('worker', { isReachable: false }),
      app('stopped', { isWanted: false }),
      app('prod'),
      app('idle'),
    ]);
    const live = [
      runs('starting', { state: 'STARTING' }),
      runs('started', { sinceMs: 1_950 }),
      runs('prod', { isProd: true }),
      ...['new', 'worker', 'stopped', 'prod', 'idle'].map((id) => runs(id)),
    ];
    const idle = new IdleApps(100);

    for (const nowMs of [1_900, 1_950, 2_000]) idle.heard([], desired, nowMs);

    assert.equal(idsOf(idle.find(desired, live, 2_000)), ['idle']);
  });
});
