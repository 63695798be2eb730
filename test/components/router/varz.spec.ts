import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { componentDiscover } from '#contract/discovery.ts';
import { type RouteMessage, type RouteWithdrawal, routerRegister, routerUnregister } from '#contract/routes.ts';
import type { Bus } from '#ground/bus.ts';
import { call } from '#ground/http-client.ts';
import { waitFor } from '#ground/wait.ts';
import { describe } from '../../support/spec.ts';
import { ask, openRouter, register, serveApp, understood } from './support.ts';

/** What was recorded of the router of 2011 and the DEA of 2012. */
const recorded = async (name: string) =>
  JSON.parse(await readFile(join(import.meta.dirname, 'recorded', name), 'utf8')) as { payload: unknown };

interface Varz {
  readonly [key: string]: unknown;
}

async function varzOf(bus: Bus): Promise<Varz> {
  const { host, credentials } = await bus.ask(componentDiscover, null, { limitMs: 15_000 });
  const authorization = `Basic ${Buffer.from((credentials ?? []).join(':')).toString('base64')}`;
  const answer = await call(`http://${host}/varz`, { headers: { authorization } });
  assert.is(answer.status, 200);
  return (await answer.json()) as Varz;
}

/** The keys of an object and of the objects in it. */
function shapeOf(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return typeof value;
  return Object.fromEntries(
    Object.entries(value)
      .map(([key, each]) => [key, shapeOf(each)] as const)
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );
}

describe('varz of the router', (it) => {
  it('has the keys of the original after the same requests, and its counts', async (scope) => {
    const { bus, port } = await openRouter(scope);
    const appPort = await serveApp(scope, (_, response) => response.end('hello'));
    const message = (await recorded('router.register.json')).payload as RouteMessage;
    await register(bus, appPort, message.uris, { ...message, port: appPort });

    const [uri = ''] = message.uris;
    await ask(port, uri);
    await ask(port, uri);
    await ask(port, 'nobody.vcap.me');
    const varz = await waitFor(
      'three requests',
      async () => {
        const now = await varzOf(bus);
        return now['requests'] === 3 ? now : undefined;
      },
      { limitMs: 15_000 },
    );

    const original = (await recorded('varz.json')) as unknown as Varz;
    const withoutConfig = ({ config: _, ...rest }: Varz) => shapeOf(rest);
    assert.equal(withoutConfig(varz), withoutConfig(original));
    const counts = ['bad_requests', 'responses_2xx', 'responses_4xx', 'responses_xxx', 'urls', 'droplets'];
    assert.equal(
      counts.map((key) => varz[key]),
      counts.map((key) => original[key]),
    );
    assert.is(varz['app_connections'], 1);
    assert.not.ok('traceKey' in (varz['config'] as Varz));
  });

  it('takes what the DEA of 2012 sends, also for an instance that never got a port', async (scope) => {
    const { bus, port } = await openRouter(scope);
    const appPort = await serveApp(scope, (_, response) => response.end('hello'));
    const here = { port: appPort, host: '127.0.0.1' };
    const came = (await recorded('router.register.json')).payload as RouteMessage;
    const left = (await recorded('router.unregister.json')).payload as RouteWithdrawal;
    const failed = (await recorded('router.unregister.port_null.json')).payload as RouteWithdrawal;
    const [uri = ''] = came.uris;

    bus.publish(routerRegister, { ...came, ...here });
    bus.publish(routerUnregister, failed);
    bus.publish(routerUnregister, { ...failed, uris: came.uris });
    await understood(bus);
    assert.is((await ask(port, uri)).body, 'hello');
    bus.publish(routerUnregister, { ...left, ...here });
    await understood(bus);
    assert.is((await ask(port, uri)).status, 404);
  });
});

describe('varz of a router with many apps', (it) => {
  it('has the ten that are asked for most, and all of them where that is wanted', async (scope) => {
    for (const exposeAllApps of [false, true]) {
      const { bus, port } = await openRouter(scope, { exposeAllApps });
      const appPort = await serveApp(scope, (_, response) => response.end('hello'));
      for (let n = 0; n < 12; n += 1) await register(bus, appPort, [`app${n}.localhost`], { app: `app${n}` });
      const counts = async () => {
        for (let n = 0; n < 12; n += 1) await ask(port, `app${n}.localhost`);
        const { top10_app_requests: top, top_app_requests: all } = await varzOf(bus);
        return (top as unknown[]).length === 10 ? [10, (all as unknown[] | undefined)?.length] : undefined;
      };

      assert.equal(await waitFor('a whole slice', counts, { limitMs: 15_000 }), [10, exposeAllApps ? 12 : undefined]);
    }
  });
});

describe('a request with the trace key', (it) => {
  it('is told which router and which instance answer it; another one is not', async (scope) => {
    const { bus, port } = await openRouter(scope);
    const appPort = await serveApp(scope, (_, response) => response.end());
    await register(bus, appPort, ['hello.localhost']);
    const traced = async (key: string) => {
      const { headers } = await ask(port, 'hello.localhost', { headers: { 'X-Vcap-Trace': key } });
      return [headers['x-vcap-router'], headers['x-vcap-backend']];
    };

    assert.equal(await traced('22'), ['127.0.0.1', `127.0.0.1:${appPort}`]);
    assert.equal(await traced('23'), [undefined, undefined]);
  });

  it('has the key that was configured', async (scope) => {
    const { bus, port } = await openRouter(scope, { traceKey: 'see me' });
    await register(bus, await serveApp(scope, (_, response) => response.end()), ['hello.localhost']);

    const ours = await ask(port, 'hello.localhost', { headers: { 'X-Vcap-Trace': 'see me' } });
    const usual = await ask(port, 'hello.localhost', { headers: { 'X-Vcap-Trace': '22' } });

    assert.is(ours.headers['x-vcap-router'], '127.0.0.1');
    assert.is(usual.headers['x-vcap-router'], undefined);
  });
});
