import { once } from 'node:events';
import { createServer } from 'node:http';
import * as assert from 'uvu/assert';
import { WebSocket, WebSocketServer } from 'ws';
import { appState, appUse, appWake } from '#contract/apps.ts';
import { waitFor } from '#ground/wait.ts';
import { describe, type Scope } from '../../support/spec.ts';
import { ask, openRouter, portOf, publishState, register, serveApp, type TestRouter, Wire } from './support.ts';

const app = 'guid-hello';
const host = 'hello.localhost';
const isInUse = async ({ bus }: TestRouter) => (await bus.ask(appUse, { app }, { limitMs: 15_000 })).in_use;

/** A cloud controller that starts what it is asked for. @returns who was asked for, in order */
function playCloudController(scope: Scope, { bus }: TestRouter, start: () => void | Promise<void>): string[] {
  const woken: string[] = [];
  let starting: void | Promise<void>;
  scope.defer(() => starting);
  scope.use(
    bus.answer(appWake, async ({ app }) => {
      woken.push(app);
      bus.publish(appState, { app, name: 'hello', uris: [host], state: 'STARTING' });
      const timer = setTimeout(() => {
        starting = start();
      }, 100);
      scope.defer(() => clearTimeout(timer));
      return null;
    }),
  );
  return woken;
}

/** An app that says what it was asked, registered when `start` is called. */
async function sleeper(scope: Scope, router: TestRouter) {
  const seen: string[] = [];
  const appPort = await serveApp(scope, async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    seen.push(`${request.method} ${request.url} ${body}`);
    response.end(seen.at(-1));
  });
  const start = async () => {
    await register(router.bus, appPort, [host], { app });
    await publishState(router.bus, 'RUNNING');
  };
  const woken = playCloudController(scope, router, start);
  await publishState(router.bus, 'IDLE');
  return { seen, woken, appPort };
}

describe('a request for an idle app', (it) => {
  it('waits until it has been started, with its body, and many have it started once', async (scope) => {
    const router = await openRouter(scope);
    const { seen, woken } = await sleeper(scope, router);

    const answers = await Promise.all([
      ask(router.port, host, { path: '/a', method: 'POST', body: 'x'.repeat(100_000) }),
      ...Array.from({ length: 20 }, (_, at) => ask(router.port, host, { path: `/${at}` })),
    ]);

    assert.equal(
      answers.map(({ status }) => status),
      answers.map(() => 200),
    );
    assert.is(answers[0]?.body, `POST /a ${'x'.repeat(100_000)}`);
    assert.equal(woken, [app]);
    assert.is(seen.length, 21);
  });

  it('may be one for a websocket', async (scope) => {
    const router = await openRouter(scope);
    const server = createServer();
    new WebSocketServer({ server }).on('connection', (each) => each.send('hello'));
    const port = await portOf(scope, server);
    const woken = playCloudController(scope, router, async () => {
      await register(router.bus, port, [host], { app });
      await publishState(router.bus, 'RUNNING');
    });
    await publishState(router.bus, 'IDLE');

    const websocket = new WebSocket(`ws://127.0.0.1:${router.port}/`, { headers: { host } });
    scope.defer(() => websocket.terminate());
    const [message] = await once(websocket, 'message');

    assert.equal([String(message), woken], ['hello', [app]]);
  });

  it('waits longer than for an app that starts anyway, and gets the page of a start in the end', async (scope) => {
    const router = await openRouter(scope, { holdMs: 100, wakeMs: 500 });
    const woken = playCloudController(scope, router, () => {});
    await publishState(router.bus, 'IDLE');

    const startedAt = performance.now();
    const { status, headers, body } = await ask(router.port, host);

    assert.equal([status, headers['retry-after'], woken], [503, '2', [app]]);
    assert.match(body, 'hello is starting');
    assert.ok(performance.now() - startedAt >= 490);
  });

  it('gets the page of a crash when the app does not survive its start', async (scope) => {
    const router = await openRouter(scope);
    playCloudController(scope, router, () => publishState(router.bus, 'CRASHED', { reason: 'exited with status 3' }));
    await publishState(router.bus, 'IDLE');

    const answers = await Promise.all([ask(router.port, host), ask(router.port, host)]);

    assert.equal(
      answers.map(({ status }) => status),
      [502, 502],
    );
    assert.match(answers[0]?.body ?? '', 'hello crashed: exited with status 3');
  });

  it('asks again when nobody heard it, for as long as somebody waits', async (scope) => {
    const router = await openRouter(scope);
    await publishState(router.bus, 'IDLE');

    const answer = ask(router.port, host);
    await new Promise((resolve) => setTimeout(resolve, 500));
    const appPort = await serveApp(scope, (_, response) => response.end('late'));
    const woken = playCloudController(scope, router, async () => {
      await register(router.bus, appPort, [host], { app });
      await publishState(router.bus, 'RUNNING');
    });

    assert.is((await answer).body, 'late');
    assert.equal(woken, [app]);
  });

  it('asks for nothing when there is no seat to wait on but the first, and none for an app that was stopped', async (scope) => {
    const router = await openRouter(scope, { maxHeld: 0 });
    const { woken } = await sleeper(scope, router);

    const held = await ask(router.port, host);
    await publishState(router.bus, 'STOPPED', { app: 'other', name: 'other', uris: ['other.localhost'] });
    const stopped = await ask(router.port, 'other.localhost');

    assert.equal([held.status, stopped.status, woken], [503, 404, [app]]);
  });
});

describe('an instance of an app that is idle', (it) => {
  it('gets no request any more, also when it says again that it is there', async (scope) => {
    const router = await openRouter(scope, { wakeMs: 300 });
    const appPort = await serveApp(scope, (_, response) => response.end('still here'));
    await register(router.bus, appPort, [host], { app });
    await publishState(router.bus, 'IDLE');
    await register(router.bus, appPort, [host], { app });

    assert.is((await ask(router.port, host)).status, 503);
  });

  it('goes on at once when it is not stopped after all', async (scope) => {
    const router = await openRouter(scope);
    const appPort = await serveApp(scope, (_, response) => response.end('still here'));
    await register(router.bus, appPort, [host], { app });
    await publishState(router.bus, 'IDLE');

    const answer = ask(router.port, host);
    await new Promise((resolve) => setTimeout(resolve, 50));
    await publishState(router.bus, 'RUNNING');

    assert.is((await answer).body, 'still here');
  });

  it('is not asked when the app is started anew, and another one of the route is', async (scope) => {
    const router = await openRouter(scope);
    const oldPort = await serveApp(scope, (_, response) => response.end('old'));
    const newPort = await serveApp(scope, (_, response) => response.end('new'));
    await register(router.bus, oldPort, [host], { app });
    await publishState(router.bus, 'IDLE');
    await publishState(router.bus, 'STARTING');
    await register(router.bus, newPort, [host], { app });
    await publishState(router.bus, 'RUNNING');

    const bodies = await Promise.all(Array.from({ length: 6 }, async () => (await ask(router.port, host)).body));

    assert.equal(bodies, ['new', 'new', 'new', 'new', 'new', 'new']);
  });

  it('leaves the instances of another app on the same route alone', async (scope) => {
    const router = await openRouter(scope);
    const oldPort = await serveApp(scope, (_, response) => response.end('idle'));
    const newPort = await serveApp(scope, (_, response) => response.end('other'));
    await register(router.bus, oldPort, [host], { app });
    await register(router.bus, newPort, [host], { app: 'guid-other' });
    await publishState(router.bus, 'IDLE');

    const bodies = await Promise.all(Array.from({ length: 4 }, async () => (await ask(router.port, host)).body));

    assert.equal(bodies, ['other', 'other', 'other', 'other']);
  });
});

describe('an app', (it) => {
  it('is in use while a request is with an instance, and until that was told', async (scope) => {
    const router = await openRouter(scope);
    let finish = () => {};
    const appPort = await serveApp(scope, (request, response) => {
      if (request.url === '/short') return void response.end();
      response.write('first');
      finish = () => void response.end('last');
    });
    await register(router.bus, appPort, [host], { app });
    await publishState(router.bus, 'RUNNING', { idle_stop_seconds: 4 });
    const settled = async () => ((await isInUse(router)) ? undefined : true);

    assert.is(await isInUse(router), false);
    const wire = await Wire.to(scope, router.port);
    await wire.head('GET / HTTP/1.1', `Host: ${host}`).until(/first/);
    await new Promise((resolve) => setTimeout(resolve, 1_300)); // longer than until it is told
    assert.is(await isInUse(router), true);
    finish();
    await wire.until(/last/);
    await waitFor('the end of the use', settled, { limitMs: 15_000 });

    await ask(router.port, host, { path: '/short' });
    assert.is(await isInUse(router), true);
  });
});
