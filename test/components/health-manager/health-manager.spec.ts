import * as assert from 'uvu/assert';
import type { HealthManagerOptions } from '#components/health-manager/index.ts';
import { deaHeartbeat, dropletExited } from '#contract/dea.ts';
import {
  type BulkApp,
  dropletUpdated,
  type HmRequest,
  healthManagerHealth,
  healthManagerStart,
  healthManagerStatus,
  healthStart,
  healthStop,
  hmRequestsOfPartition,
  type StartInstances,
  type StopInstances,
} from '#contract/health.ts';
import type { Bus } from '#ground/bus.ts';
import { waitFor } from '#ground/wait.ts';
import { setClock } from '../../support/clock.ts';
import { describe, type Scope } from '../../support/spec.ts';
import { startHealthManager } from './support.ts';

const app: BulkApp = { id: 'a', instances: 1, state: 'STARTED', package_state: 'STAGED', updated_at: 1, version: 'v1' };

/** With the times that a test can wait for; what it asks for is kept. */
async function start(scope: Scope, apps: BulkApp[], options: Partial<HealthManagerOptions> = {}) {
  const starts: StartInstances[] = [];
  const stops: StopInstances[] = [];
  let surveys = 0;
  const { bus } = await startHealthManager(scope, apps, options, (bus) => {
    scope.use(bus.subscribe(healthStart, (message) => void starts.push(message)));
    scope.use(bus.subscribe(healthStop, (message) => void stops.push(message)));
    scope.use(
      bus.subscribe(healthManagerStart, () => {
        surveys += 1;
      }),
    );
  });
  return { bus, starts, stops, surveys: () => surveys };
}

function heartbeat(bus: Bus, change: { instance?: string; index?: number; version?: string; droplet?: string } = {}) {
  const droplet = { droplet: 'a', version: 'v1', instance: 'x', index: 0, cc_partition: 'default', ...change };
  bus.publish(deaHeartbeat, { dea: 'd', droplets: [{ ...droplet, state: 'RUNNING', state_timestamp: 1 }] });
}

const crash = { droplet: 'a', version: 'v1', instance: 'x', index: 0, reason: 'CRASHED' as const };
const arrives = (what: string, list: unknown[], count: number) =>
  waitFor(what, () => (list.length >= count ? true : undefined), { limitMs: 15_000 });

describe('health manager', (it) => {
  it('has every DEA report when it starts, and asks for what is missing, of all pages', async (scope) => {
    const { starts, surveys } = await start(scope, [
      app,
      { ...app, id: 'b', instances: 2 },
      { ...app, id: 'c', state: 'STOPPED' },
    ]);

    await arrives('the starts', starts, 2);

    assert.is(surveys(), 1);
    assert.equal(
      starts.map((each) => [each.droplet, each.indices]),
      [
        ['a', [0]],
        ['b', [0, 1]],
      ],
    );
  });

  it('misses nothing because somebody sets the clock', async (scope) => {
    const { bus, starts } = await start(scope, [app], { surveyMs: 500, instanceLostMs: 2_000 });
    heartbeat(bus);
    await bus.flush();
    const heardAt = performance.now();

    setClock(scope, 48 * 3_600_000);

    await arrives('the start of what nobody tells of any more', starts, 1);
    assert.ok(performance.now() - heardAt >= 2_000);
  });

  it('tells when the app was changed last in seconds, as cloud controllers of 2012 compare it', async (scope) => {
    const { starts } = await start(scope, [{ ...app, updated_at: '2026-11-21T20:53:21.371Z' }]);

    await arrives('the start', starts, 1);

    assert.is(starts[0]?.last_updated, Date.UTC(2026, 10, 21, 20, 53, 21) / 1000);
  });

  it('asks for no more starts in a period than it may', async (scope) => {
    const apps = ['a', 'b', 'c'].map((id) => ({ ...app, id }));
    const startedAt = performance.now();
    const { bus, starts } = await start(scope, apps, { startBatch: 1, startBatchEveryMs: 600 });
    await arrives('the first start', starts, 1);

    heartbeat(bus, { droplet: 'c' }); // is there before its turn comes
    await arrives('the second start', starts, 2);
    const secondMs = performance.now() - startedAt;
    await new Promise((resolve) => setTimeout(resolve, 800)); // longer than a period

    assert.equal(
      starts.map((each) => each.droplet),
      ['a', 'b'],
    );
    assert.ok(secondMs >= 600, `the second came after ${secondMs} ms`);
  });

  it('asks for a crashed instance at once, and later each time it crashes again', async (scope) => {
    const { bus, starts } = await start(scope, [app], { analyseEveryMs: 60_000, minRestartDelayMs: 2_000 });
    heartbeat(bus);
    await waitFor(
      'the first analysis',
      async () => {
        const [reply] = await bus.askMany(
          healthManagerHealth,
          { droplets: [{ droplet: 'a' }] },
          { limitMs: 200, expected: 1 },
        );
        return reply?.healthy === 1 ? true : undefined;
      },
      { limitMs: 15_000 },
    );
    await new Promise((resolve) => setTimeout(resolve, 100)); // past the survey
    const before = starts.length;

    const at = performance.now();
    bus.publish(dropletExited, crash);
    await arrives('the first restart', starts, before + 1);
    const firstMs = performance.now() - at;
    bus.publish(dropletExited, crash);
    await arrives('the second restart', starts, before + 2);
    const secondMs = performance.now() - at - firstMs;

    assert.ok(secondMs >= 1_950, `the second came after ${secondMs} ms`);
    assert.ok(firstMs < secondMs, `${firstMs} ms and ${secondMs} ms`);
    assert.is(starts[before]?.flapping, false);
  });

  it('asks at once for what a DEA gives up that leaves, however often', async (scope) => {
    const { bus, starts } = await start(scope, [app], { analyseEveryMs: 60_000 });
    await arrives('the first start', starts, 1);

    for (const reason of ['DEA_EVACUATION', 'DEA_SHUTDOWN', 'DEA_EVACUATION'] as const) {
      const before = starts.length;
      heartbeat(bus);
      bus.publish(dropletExited, { ...crash, reason });
      await arrives(reason, starts, before + 1);
      assert.equal([starts.at(-1)?.indices, starts.at(-1)?.flapping], [[0], false]);
    }
  });

  it('calls delayed restarts off when the app changed, and has them wait anew', async (scope) => {
    const slow = { analyseEveryMs: 40, minRestartDelayMs: 1_600, settledAfterMs: 0, startPatienceMs: 60_000 };
    const { bus, starts } = await start(scope, [app], slow);
    await arrives('the first start', starts, 1);
    bus.publish(dropletExited, crash);
    await arrives('the first restart', starts, 2);
    bus.publish(dropletExited, crash);
    await bus.flush();
    const at = performance.now();
    await new Promise((resolve) => setTimeout(resolve, 800)); // half of the delay

    bus.publish(dropletUpdated, { droplet: 'a' });
    await arrives('the delayed restart', starts, 3);

    const ms = performance.now() - at;
    assert.ok(ms >= 2_390, `it came after ${ms} ms`);
  });

  it('gives up what crashes again and again, until there is another version', async (scope) => {
    const apps = [{ ...app }];
    const options = { giveUpAfterCrashes: 2, minRestartDelayMs: 1, startPatienceMs: 1, settledAfterMs: 0 };
    const { bus, starts } = await start(scope, apps, options);
    await arrives('the first start', starts, 1);
    for (let count = 0; count < 3; count += 1) bus.publish(dropletExited, crash);
    await bus.flush();
    await new Promise((resolve) => setTimeout(resolve, 100));
    const before = starts.length;

    await new Promise((resolve) => setTimeout(resolve, 200)); // four analyses
    assert.is(starts.length, before);
    apps[0] = { ...app, version: 'v2' };
    bus.publish(dropletUpdated, { droplet: 'a' });
    await arrives('the start of the new version', starts, before + 1);

    assert.is(starts.at(-1)?.version, 'v2');
  });

  it('also asks as a health manager of 2012, where that is wanted', async (scope) => {
    const options = { olderRequests: 'partition', partition: 'ng' } as const;
    const { bus, starts, stops } = await start(scope, [app, { ...app, id: 'b', state: 'STOPPED' }], options);
    const older: HmRequest[] = [];
    scope.use(bus.subscribe(hmRequestsOfPartition.at('ng'), (message) => void older.push(message)));
    heartbeat(bus, { droplet: 'b', instance: 'y' });
    bus.publish(dropletExited, { ...crash, reason: 'DEA_SHUTDOWN' });
    await arrives('the stop', stops, 1);
    await arrives('the start', starts, 1);
    await bus.flush();

    assert.equal(
      older.find(({ op }) => op === 'START'),
      { droplet: 'a', last_updated: 1, version: 'v1', indices: [0], flapping: false, op: 'START' },
    );
    assert.equal(
      older.find(({ op }) => op === 'STOP'),
      { droplet: 'b', last_updated: 1, op: 'STOP', instances: ['y'] },
    );
  });

  it('says which indices flap and which instances crashed', async (scope) => {
    const { bus, starts } = await start(scope, [app], { flappingCrashes: 2, minRestartDelayMs: 1 });
    await arrives('the first start', starts, 1);

    bus.publish(dropletExited, crash);
    bus.publish(dropletExited, crash);

    await waitFor(
      'the flapping index',
      async () => {
        const { indices } = await bus.ask(
          healthManagerStatus,
          { droplet: 'a', state: 'FLAPPING' },
          { limitMs: 15_000 },
        );
        return indices?.[0]?.index === 0 ? true : undefined;
      },
      { limitMs: 15_000 },
    );
    const { instances } = await bus.ask(healthManagerStatus, { droplet: 'a', state: 'CRASHED' }, { limitMs: 15_000 });
    assert.is(instances?.[0]?.instance, 'x');
  });

  it('has instances stopped that nobody wants', async (scope) => {
    const { bus, stops } = await start(scope, [{ ...app, state: 'STOPPED' }]);

    heartbeat(bus);
    await arrives('the stop', stops, 1);

    assert.equal(stops[0]?.instances, { x: 'v1' });
  });

  it('reads the desired state again when it changed', async (scope) => {
    const apps = [{ ...app, state: 'STOPPED' as 'STARTED' | 'STOPPED' }];
    const { bus, starts } = await start(scope, apps);
    await new Promise((resolve) => setTimeout(resolve, 150));
    assert.is(starts.length, 0);

    apps[0] = app;
    bus.publish(dropletUpdated, { droplet: 'a' });

    await arrives('the start', starts, 1);
  });
});
