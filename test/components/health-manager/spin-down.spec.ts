import { deflateSync } from 'node:zlib';
import * as assert from 'uvu/assert';
import type { HealthManagerOptions } from '#components/health-manager/index.ts';
import { deaHeartbeat } from '#contract/dea.ts';
import { type BulkApp, type HmRequest, hmRequests, hmRequestsOfPartition } from '#contract/health.ts';
import { routerActiveApps } from '#contract/routes.ts';
import { Bus } from '#ground/bus.ts';
import { repeat, waitFor } from '#ground/wait.ts';
import { describe, type Scope } from '../../support/spec.ts';
import { startHealthManager } from './support.ts';

const base: BulkApp = {
  id: 'a',
  instances: 1,
  state: 'STARTED',
  package_state: 'STAGED',
  updated_at: 1,
  version: 'v1',
};
const quiet: BulkApp = { ...base, id: 'quiet', uris: ['quiet.vcap.me'] };
const busy: BulkApp = { ...base, id: '42', uris: ['busy.vcap.me'] };
const worker: BulkApp = { ...base, id: 'worker', uris: [] };

/** A health manager, DEAs on which all apps run, and what it asks for in the words of 2012. */
async function start(scope: Scope, options: Partial<HealthManagerOptions>) {
  const asked: string[] = [];
  const note = (subject: string) => (request: HmRequest) =>
    void asked.push(`${subject} ${request.op} ${request.droplet}`);
  const { bus } = await startHealthManager(scope, [quiet, busy, worker], options, (bus) => {
    scope.use(bus.subscribe(hmRequests, note('plain')));
    scope.use(bus.subscribe(hmRequestsOfPartition.at('default'), note('partition')));
  });
  const droplets = [quiet, busy, worker].map(({ id }, index) => ({
    droplet: id,
    version: 'v1',
    instance: `i${index}`,
    index: 0,
    state: 'RUNNING' as const,
    state_timestamp: 1,
  }));
  bus.publish(deaHeartbeat, { dea: 'd', droplets, prod: false });
  await bus.flush();
  return { bus, asked };
}

/** The bytes that the code of the router of 2013 published of `42` alone, which it knew as a number. */
const recorded = Buffer.from('eJyLNjGKBQACzQEf', 'base64');
const routerTells = (scope: Scope, bus: Bus) =>
  scope.use(repeat(30, () => Bus.connectionOf(bus).publish(routerActiveApps.name, recorded), assert.not));

describe('a health manager that is to stop idle apps', (it) => {
  it('asks for the end of one that no router is asked for', async (scope) => {
    const { bus, asked } = await start(scope, { spinDownAfterMs: 300 });

    routerTells(scope, bus);
    await waitFor('a second request', () => asked[1], { limitMs: 15_000 });

    assert.equal(asked.slice(0, 2), ['partition SPINDOWN quiet', 'partition SPINDOWN quiet']);
  });

  it('says so to a cloud controller of 2011 as that one hears it', async (scope) => {
    const { bus, asked } = await start(scope, { spinDownAfterMs: 200, olderRequests: 'plain' });

    routerTells(scope, bus);
    await waitFor('a request', () => asked[0], { limitMs: 15_000 });

    assert.is(asked[0], 'plain SPINDOWN quiet');
  });

  it('leaves all alone when it is not to, and when no router tells anything that can be read', async (scope) => {
    const never = await start(scope, {});
    const unheard = await start(scope, { spinDownAfterMs: 100 });
    routerTells(scope, never.bus);
    const bomb = deflateSync(Buffer.alloc(100 * 1024 * 1024, ' '));
    for (const payload of ['', '[]', '["quiet"]', deflateSync('{}'), deflateSync('[null]'), bomb]) {
      Bus.connectionOf(unheard.bus).publish(routerActiveApps.name, payload);
    }

    await new Promise((resolve) => setTimeout(resolve, 400)); // longer than an app of the second may be idle

    assert.equal([never.asked, unheard.asked], [[], []]);
  });
});
