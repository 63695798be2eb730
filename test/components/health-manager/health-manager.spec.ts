import * as assert from 'uvu/assert';
import * as v from 'valibot';
import { HealthManagerOptions, healthManager } from '#components/health-manager/index.ts';
import { deaHeartbeat, dropletExited } from '#contract/dea.ts';
import {
  type BulkApp,
  bulkCredentials,
  dropletUpdated,
  healthManagerHealth,
  healthManagerStart,
  healthManagerStatus,
  healthStart,
  healthStop,
  type StartInstances,
  type StopInstances,
} from '#contract/health.ts';
import type { Bus } from '#ground/bus.ts';
import { Routes, startHttpServer } from '#ground/http-server.ts';
import { silentLog } from '#ground/log.ts';
import { waitFor } from '#ground/wait.ts';
import { connectBus, startBus } from '../../support/bus.ts';
import { scratchDirectory } from '../../support/scratch.ts';
import { describe, type Scope } from '../../support/spec.ts';

const app: BulkApp = { id: 'a', instances: 1, state: 'STARTED', package_state: 'STAGED', updated_at: 1, version: 'v1' };

/** A cloud controller's bulk API, in pages of one app. */
async function serveBulk(scope: Scope, bus: Bus, apps: BulkApp[]): Promise<void> {
  const routes = new Routes().on('GET', '/bulk/apps', ({ query, headers }) => {
    if (headers.authorization !== `Basic ${Buffer.from('bulk:secret').toString('base64')}`) return { status: 401 };
    const last = Number((JSON.parse(query.get('bulk_token') ?? '{}') as { id?: number }).id ?? 0);
    const page = apps.slice(last, last + 1);
    return {
      status: 200,
      body: { results: Object.fromEntries(page.map((each) => [each.id, each])), bulk_token: { id: last + 1 } },
    };
  });
  const server = scope.use(
    await startHttpServer({
      host: '127.0.0.1',
      port: 0,
      who: 'The test',
      routes,
      notFound: () => ({ status: 404 }),
      failed: () => ({ status: 500 }),
    }),
  );
  const url = `http://127.0.0.1:${server.port}`;
  scope.use(bus.answer(bulkCredentials, () => ({ user: 'bulk', password: 'secret', url })));
}

/** A health manager on a bus of its own; the test plays the cloud controller and the DEAs. */
async function start(scope: Scope, apps: BulkApp[], options: Partial<HealthManagerOptions> = {}) {
  const { bus, address } = await startBus(scope);
  const starts: StartInstances[] = [];
  const stops: StopInstances[] = [];
  let surveys = 0;
  scope.use(bus.subscribe(healthStart, (message) => void starts.push(message)));
  scope.use(bus.subscribe(healthStop, (message) => void stops.push(message)));
  scope.use(
    bus.subscribe(healthManagerStart, () => {
      surveys += 1;
    }),
  );
  await serveBulk(scope, bus, apps);
  await bus.flush();
  scope.use(
    await healthManager.start(
      {
        bus: await connectBus(scope, address),
        log: silentLog,
        dataDir: await scratchDirectory(scope),
        signal: new AbortController().signal,
      },
      v.parse(HealthManagerOptions, { surveyMs: 50, analyseEveryMs: 50, minRestartDelayMs: 100, ...options }),
    ),
  );
  return { bus, starts, stops, surveys: () => surveys };
}

function heartbeat(bus: Bus, change: { instance?: string; index?: number; version?: string; droplet?: string } = {}) {
  const droplet = { droplet: 'a', version: 'v1', instance: 'x', index: 0, cc_partition: 'default', ...change };
  bus.publish(deaHeartbeat, { dea: 'd', droplets: [{ ...droplet, state: 'RUNNING', state_timestamp: 1 }] });
}

const crash = { droplet: 'a', version: 'v1', instance: 'x', index: 0, reason: 'CRASHED' as const };
const arrives = (what: string, list: unknown[], count: number) =>
  waitFor(what, () => (list.length >= count ? true : undefined), { limitMs: 3_000 });

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

  it('asks for a crashed instance at once, and later each time it crashes again', async (scope) => {
    const { bus, starts } = await start(scope, [app], { analyseEveryMs: 60_000 });
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
      { limitMs: 2_000 },
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

    assert.ok(secondMs >= 95, `the second came after ${secondMs} ms`);
    assert.ok(firstMs < secondMs, `${firstMs} ms and ${secondMs} ms`);
    assert.is(starts[before]?.flapping, false);
  });

  it('says which indices flap and which instances crashed', async (scope) => {
    const { bus, starts } = await start(scope, [app], { flappingCrashes: 2, minRestartDelayMs: 1 });
    await arrives('the first start', starts, 1);

    bus.publish(dropletExited, crash);
    bus.publish(dropletExited, crash);

    await waitFor(
      'the flapping index',
      async () => {
        const { indices } = await bus.ask(healthManagerStatus, { droplet: 'a', state: 'FLAPPING' }, { limitMs: 500 });
        return indices?.[0]?.index === 0 ? true : undefined;
      },
      { limitMs: 2_000 },
    );
    const { instances } = await bus.ask(healthManagerStatus, { droplet: 'a', state: 'CRASHED' }, { limitMs: 500 });
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
