import { inflateSync } from 'node:zlib';
import * as assert from 'uvu/assert';
import { routerActiveApps } from '#contract/routes.ts';
import { Bus } from '#ground/bus.ts';
import { waitFor } from '#ground/wait.ts';
import { describe, type Scope } from '../../support/spec.ts';
import { ask, openRouter, publishState, register, serveApp } from './support.ts';

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
    const { bus, port } = await openRouter(scope, { activeAppsEveryMs: 400 });
    const heard = listen(scope, bus);
    const appPort = await serveApp(scope, (_, response) => response.end('hello'));
    await register(bus, appPort, ['one.localhost'], { app: '42' });
    await register(bus, appPort, ['two.localhost'], { app: 'guid-two' });
    await register(bus, appPort, ['api.localhost']);

    await waitFor('the first message', () => heard[0], { limitMs: 2_000 });
    for (const host of ['one.localhost', 'one.localhost', 'api.localhost', 'nobody.localhost']) await ask(port, host);
    await waitFor('the next messages', () => heard[2], { limitMs: 2_000 });

    assert.equal(heard.slice(0, 3), ['[]', '["42"]', '[]']);
  });

  it('names an app whose answer took longer than that also when it ends', async (scope) => {
    const { bus, port } = await openRouter(scope, { activeAppsEveryMs: 60 });
    const heard = listen(scope, bus);
    let finish = () => {};
    const appPort = await serveApp(scope, (_, response) => {
      response.write('first');
      finish = () => void response.end('last');
    });
    await register(bus, appPort, ['slow.localhost'], { app: 'slow' });

    const answer = ask(port, 'slow.localhost');
    await waitFor('the start', () => (heard.includes('["slow"]') ? true : undefined), { limitMs: 2_000 });
    const later = heard.length + 1;
    await waitFor('a message of nobody', () => heard[later], { limitMs: 2_000 });
    assert.is(heard[later], '[]');
    finish();
    await answer;

    const names = () => heard.filter((each) => each === '["slow"]').length;
    await waitFor('the end', () => (names() === 2 ? true : undefined), { limitMs: 2_000 });
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
