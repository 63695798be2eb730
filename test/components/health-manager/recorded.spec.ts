import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { connect } from '@nats-io/transport-node';
import * as assert from 'uvu/assert';
import { deaHeartbeat, dropletExited, type Heartbeat } from '#contract/dea.ts';
import { componentDiscover } from '#contract/discovery.ts';
import { type BulkApp, dropletUpdated } from '#contract/health.ts';
import type { BusAddress } from '#ground/bus.ts';
import { call } from '#ground/http-client.ts';
import { waitFor } from '#ground/wait.ts';
import { describe, type Scope } from '../../support/spec.ts';
import { startHealthManager } from './support.ts';

interface Recorded {
  readonly subject: string;
  /** Each byte of the message. */
  readonly raw: string;
  readonly payload: Readonly<Record<string, unknown>>;
}

const recorded = async (name: string) =>
  JSON.parse(await readFile(join(import.meta.dirname, 'recorded', `${name}.json`), 'utf8')) as Recorded;

const app: BulkApp = {
  id: '50',
  instances: 2,
  state: 'STARTED',
  package_state: 'STAGED',
  updated_at: 1_795_248_000,
  version: '1-1',
};

const instance = (name: string, index: number, version = '1-1'): Heartbeat['droplets'][number] => ({
  droplet: '50',
  version,
  instance: name,
  index,
  state: 'RUNNING',
  state_timestamp: 1_795_248_001,
  cc_partition: 'default',
});

/** A client without our contract, which sends bytes as they were recorded, and sees all that goes over the bus. */
async function openStranger(scope: Scope, { url, user, password }: BusAddress) {
  const stranger = await connect({ servers: url, user: user ?? '', pass: password ?? '' });
  scope.defer(() => stranger.close());
  const seen: { subject: string; text: string }[] = [];
  stranger.subscribe('>', { callback: (_, raw) => void seen.push({ subject: raw.subject, text: raw.string() }) });
  await stranger.flush();
  const ask = async (name: string) => {
    const { subject, raw } = await recorded(name);
    return (await stranger.request(subject, raw, { timeout: 2_000 })).json<Record<string, unknown>>();
  };
  const seenOn = (subject: string) =>
    waitFor(subject, () => seen.find((each) => each.subject === subject)?.text, { limitMs: 15_000 });
  return { ask, seenOn };
}

describe('the health manager, asked as the original was', (it) => {
  it('asks for starts and stops as the original did, to the letter but for the order of keys', async (scope) => {
    const { bus, address } = await startHealthManager(scope, [app], { surveyMs: 400 });
    const { seenOn } = await openStranger(scope, address);

    // What was recorded when one instance ran, and one of an old version at an index that is not there.
    bus.publish(deaHeartbeat, { dea: 'd', droplets: [instance('a', 0), instance('old1', 2, '0-0')] });
    const [start, stop] = [await seenOn('health.start'), await seenOn('health.stop')];

    const running = { '1-1': 1, '0-0': 1 }; // the original counted only the live version
    assert.equal(JSON.parse(start), { ...(await recorded('health.start')).payload, running });
    assert.equal(JSON.parse(stop), { ...(await recorded('health.stop')).payload, running });
  });

  it('answers with the fields of the original', async (scope) => {
    const options = { surveyMs: 60_000, flappingCrashes: 2, minRestartDelayMs: 60_000 };
    const { bus, address } = await startHealthManager(scope, [app], options);
    const { ask } = await openStranger(scope, address);
    bus.publish(deaHeartbeat, { dea: 'd', droplets: [instance('a', 0)] });
    bus.publish(dropletUpdated, { droplet: '50' });
    const crash = { droplet: '50', version: '1-1', instance: 'b', index: 1, reason: 'CRASHED' as const };
    bus.publish(dropletExited, crash);
    bus.publish(dropletExited, { ...crash, crash_timestamp: 1_795_249_530 });

    const flapping = await waitFor(
      'the flapping index',
      async () => {
        const reply = await ask('healthmanager.status.FLAPPING');
        return (reply['indices'] as unknown[])[0];
      },
      { limitMs: 15_000 },
    );
    const { indices } = (await recorded('reply-to.healthmanager.status.indices')).payload;
    assert.equal(Object.keys(flapping as object), Object.keys((indices as object[])[0] ?? {}));
    assert.is((flapping as { index: number }).index, 1);

    const { instances } = await ask('healthmanager.status.CRASHED');
    assert.equal((instances as unknown[]).at(-1), { instance: 'b', since: 1_795_249_530 });

    assert.equal(await ask('healthmanager.health'), (await recorded('reply-to.healthmanager.health')).payload);

    const report = await ask('healthmanager.droplet');
    const original = (await recorded('reply-to.healthmanager.droplet')).payload;
    const common = ['id', 'num_instances', 'state', 'live_version', 'package_state', 'last_updated'];
    assert.equal(
      common.map((key) => report[key]),
      common.map((key) => original[key]),
    );
    assert.equal(Object.keys(report['versions'] as object), Object.keys(original['versions'] as object));
    assert.equal([typeof report['crashes'], report['extra_instances']], ['object', original['extra_instances']]);
  });

  it('has DEAs report with an empty message', async (scope) => {
    const { address, restart } = await startHealthManager(scope, []);
    const { seenOn } = await openStranger(scope, address);

    await restart();

    assert.is(await seenOn('healthmanager.start'), (await recorded('healthmanager.start')).raw);
  });

  it('tells in its varz what should run, what does, and what it heard and said', async (scope) => {
    const { bus, address } = await startHealthManager(scope, [app, { ...app, id: '51', state: 'STOPPED' }]);
    const { seenOn } = await openStranger(scope, address);
    bus.publish(deaHeartbeat, { dea: 'd', droplets: [instance('a', 0)] });
    await seenOn('health.start');

    const { type, host, credentials } = await bus.ask(componentDiscover, null, { limitMs: 15_000 });
    const authorization = `Basic ${Buffer.from((credentials ?? []).join(':')).toString('base64')}`;
    const answer = await call(`http://${host}/varz`, { headers: { authorization } });
    const varz = (await answer.json()) as Record<string, unknown>;

    assert.is(type, 'HealthManager');
    assert.equal(varz['total'], { apps: 2, started_apps: 1, instances: 4, started_instances: 2 });
    const none = { crashes: 0, flapping_instances: 0 };
    assert.equal(varz['running'], { apps: 1, running_instances: 1, missing_instances: 1, ...none });
    assert.equal([varz['heartbeat_msgs_received'], varz['health_start_messages_sent']], [1, 1]);
  });
});
