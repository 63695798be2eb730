import { createServer } from 'node:http';
import { inflateSync } from 'node:zlib';
import * as assert from 'uvu/assert';
import { WebSocket, WebSocketServer } from 'ws';
import { routerActiveApps } from '#contract/routes.ts';
import { Bus } from '#ground/bus.ts';
import { waitFor } from '#ground/wait.ts';
import { describe, type Scope } from '../../support/spec.ts';
import { ask, openRouter, portOf, publishState, register, serveApp } from './support.ts';

/** The payloads of `router.active_apps`, as a health manager of another make reads them. */
function listen(scope: Scope, bus: Bus): string[] {
  const heard: string[] = [];
  const listening = Bus.connectionOf(bus).subscribe(routerActiveApps.name, {
    callback: (_, { data }) => void heard.push(inflateSync(data).toString()),
  });
  scope.defer(() => listening.unsubscribe());
  return heard;
}

describe('a router that tells which apps are asked for', (it) => {
  it('names each app once that was asked for since the last time, and says when it was none', async (scope) => {
    const { bus, port } = await openRouter(scope, { activeAppsEveryMs: 1_500 });
    const heard = listen(scope, bus);
    const appPort = await serveApp(scope, (_, response) => response.end('hello'));
    await register(bus, appPort, ['one.localhost'], { app: '42' });
    await register(bus, appPort, ['two.localhost'], { app: 'guid-two' });
    await register(bus, appPort, ['api.localhost']);

    await waitFor('the first message', () => heard[0], { limitMs: 15_000 });
    for (const host of ['one.localhost', 'one.localhost', 'api.localhost', 'nobody.localhost']) await ask(port, host);
    await waitFor('the next messages', () => heard[2], { limitMs: 15_000 });

    assert.equal(heard.slice(0, 3), ['[]', '["42"]', '[]']);
  });

  it('names an app for as long as an answer of it goes on, and once more', async (scope) => {
    const { bus, port } = await openRouter(scope, { activeAppsEveryMs: 60 });
    const heard = listen(scope, bus);
    let finish = () => {};
    const appPort = await serveApp(scope, (_, response) => {
      response.write('first');
      finish = () => void response.end('last');
    });
    await register(bus, appPort, ['slow.localhost'], { app: 'slow' });

    const answer = ask(port, 'slow.localhost');
    await waitFor('the start', () => (heard.includes('["slow"]') ? true : undefined), { limitMs: 15_000 });
    const first = heard.indexOf('["slow"]');
    await waitFor('more messages', () => heard[first + 3], { limitMs: 15_000 });
    assert.equal(
      heard.slice(first, first + 4),
      Array.from({ length: 4 }, () => '["slow"]'),
    );
    const before = heard.length;
    finish();
    await answer;

    await waitFor('silence', () => (heard.at(-1) === '[]' ? true : undefined), { limitMs: 15_000 });
    assert.is(heard[before], '["slow"]');
  });

  it('names an app for as long as a websocket of it is open', async (scope) => {
    const { bus, port } = await openRouter(scope, { activeAppsEveryMs: 60 });
    const heard = listen(scope, bus);
    const appPort = await serveApp(scope, (_, response) => response.end());
    const server = createServer();
    new WebSocketServer({ server });
    await register(bus, appPort, ['other.localhost'], { app: 'other' });
    await register(bus, await portOf(scope, server), ['chat.localhost'], { app: 'chat' });

    const websocket = new WebSocket(`ws://127.0.0.1:${port}/`, { headers: { host: 'chat.localhost' } });
    await new Promise((resolve) => websocket.once('open', resolve));
    const isNamed = () => (heard.includes('["chat"]') ? true : undefined);
    await waitFor('the first message that names it', isNamed, { limitMs: 15_000 });
    const opened = heard.indexOf('["chat"]');
    await waitFor('more messages', () => heard[opened + 3], { limitMs: 15_000 });
    assert.equal(
      heard.slice(opened, opened + 4),
      Array.from({ length: 4 }, () => '["chat"]'),
    );
    websocket.close();

    await waitFor('silence', () => (heard.at(-1) === '[]' ? true : undefined), { limitMs: 15_000 });
  });

  it('begins when the first app may be stopped that is idle, and ends with the last', async (scope) => {
    const { bus } = await openRouter(scope);
    const heard = listen(scope, bus);
    const pause = () => new Promise((resolve) => setTimeout(resolve, 300));

    await publishState(bus, 'RUNNING');
    await pause();
    assert.equal(heard, []);
    await publishState(bus, 'RUNNING', { idle_stop_seconds: 0.2 });
    await waitFor('messages', () => heard[2], { limitMs: 15_000 });
    await publishState(bus, 'RUNNING');
    await pause();
    const told = heard.length;
    await pause();

    assert.is(heard.length, told);
  });

  it('tells nobody unless it is to', async (scope) => {
    const { bus, port } = await openRouter(scope);
    const heard = listen(scope, bus);
    const appPort = await serveApp(scope, (_, response) => response.end('hello'));
    await register(bus, appPort, ['one.localhost'], { app: '42' });

    await ask(port, 'one.localhost');
    await new Promise((resolve) => setTimeout(resolve, 200));

    assert.equal(heard, []);
  });
});

describe('a request that no app is there for', (it) => {
  it('is sent on where that was configured, also when the app is stopped; others are not', async (scope) => {
    const { bus, port } = await openRouter(scope, { notFoundRedirect: 'http://www.vcap.me/404?from=here' });
    const appPort = await serveApp(scope, (_, response) => response.end('hello'));
    await register(bus, appPort, ['one.localhost']);

    await publishState(bus, 'STOPPED', { uris: ['stopped.localhost'] });
    const nowhere = await ask(port, 'nobody.localhost');
    const stopped = await ask(port, 'stopped.localhost', { headers: { accept: 'text/html' } });
    const somewhere = await ask(port, 'one.localhost');

    assert.equal([nowhere.status, nowhere.headers.location], [302, 'http://www.vcap.me/404?from=here']);
    assert.match(nowhere.body, "Requested route ('nobody.localhost') does not exist");
    assert.equal([stopped.status, stopped.headers.location], [302, 'http://www.vcap.me/404?from=here']);
    assert.match(stopped.body, '<a href="http://www.vcap.me/404?from=here">');
    assert.equal([somewhere.status, somewhere.body], [200, 'hello']);
  });
});
