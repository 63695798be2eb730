import { createServer } from 'node:net';
import * as assert from 'uvu/assert';
import { type Announcement, componentAnnounce, componentDiscover } from '#contract/discovery.ts';
import { call } from '#ground/http-client.ts';
import { silentLog } from '#ground/log.ts';
import { listen } from '#ground/ports.ts';
import { register } from '#vcap/registration.ts';
import { startBus } from '../support/bus.ts';
import { describe } from '../support/spec.ts';
import { thrownBy } from '../support/thrown.ts';

const basic = ([user, password]: readonly string[]) => `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;

async function get(url: string, authorization?: string) {
  const answer = await call(url, { headers: authorization === undefined ? {} : { authorization } });
  return { status: answer.status, headers: answer.headers, text: await answer.text() };
}

describe('a component that registers', (it) => {
  it('announces itself, answers who looks for components, and tells how it is to who has its credentials', async (scope) => {
    const { bus } = await startBus(scope);
    const heard: Announcement[] = [];
    scope.use(bus.subscribe(componentAnnounce, (message) => void heard.push(message)));
    await bus.flush();

    const config = { queues: ['staging'], nats_uri: 'nats://me:secret@127.0.0.1:4222', status: { password: 'x' } };
    const varz = () => ({ tasks: 3 });
    const { announcement } = await register(scope, { bus, log: silentLog }, { type: 'Stager', index: 2, config, varz });
    await bus.flush();

    assert.equal(heard, [announcement]);
    assert.match(announcement.uuid, /^2-[0-9a-f]{32}$/);
    const found = await bus.ask(componentDiscover, null, { limitMs: 15_000 });
    assert.match(found.uptime ?? '', /^0d:0h:0m:\ds$/);
    assert.equal({ ...found, uptime: undefined }, { ...announcement, uptime: undefined });

    const url = `http://${announcement.host}`;
    assert.is((await get(`${url}/healthz`)).status, 401);
    assert.is((await get(`${url}/varz`, basic(['a', 'b']))).headers['www-authenticate'], 'Basic realm=""');
    const credentials = basic(announcement.credentials ?? []);
    const health = await get(`${url}/healthz`, credentials);
    assert.equal([health.status, health.headers['content-type'], health.text], [200, 'application/json', 'ok\n']);
    const status = JSON.parse((await get(`${url}/varz`, credentials)).text) as Record<string, unknown>;
    assert.equal(status['tasks'], 3);
    assert.equal(status['config'], { queues: ['staging'], nats_uri: 'nats://me:***@127.0.0.1:4222', status: {} });
    assert.ok(Number(status['mem']) > 1_000 && Number(status['num_cores']) >= 1 && typeof status['cpu'] === 'number');
    assert.is((await get(`${url}/other`, credentials)).status, 404);
  });

  it('takes the status port and the credentials it is told, and says who has the port', async (scope) => {
    const { bus } = await startBus(scope);
    const other = createServer();
    const port = await listen(other, { host: '127.0.0.1', port: 0, who: 'The test' });
    scope.defer(() => void other.close());
    const wanted = { type: 'DEA', uuid: 'ab'.repeat(16), status: { user: 'u', password: 'p', port } } as const;

    const error = await thrownBy(() => register(scope, { bus, log: silentLog }, wanted));
    assert.match(error.message, `The DEA cannot listen on port ${port}`);

    const status = { user: 'u', password: 'p' };
    const { uuid, announcement } = await register(scope, { bus, log: silentLog }, { ...wanted, status });
    assert.equal([uuid, announcement.credentials], ['ab'.repeat(16), ['u', 'p']]);
  });
});
