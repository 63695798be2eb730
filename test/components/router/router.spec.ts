import { createServer } from 'node:net';
import * as assert from 'uvu/assert';
import * as v from 'valibot';
import { RouterOptions, startRouter } from '#components/router/index.ts';
import { type Announcement, componentAnnounce, componentDiscover } from '#contract/discovery.ts';
import { type RouterStart, routerGreet, routerRegister, routerStart, routerUnregister } from '#contract/routes.ts';
import { ActionableError } from '#ground/errors.ts';
import { silentLog } from '#ground/log.ts';
import { waitFor } from '#ground/wait.ts';
import { connectBus, startBus } from '../../support/bus.ts';
import { setClock } from '../../support/clock.ts';
import { describe } from '../../support/spec.ts';
import { ask, openRouter, portOf, register, serveApp, understood, Wire } from './support.ts';

const limits = { limitMs: 15_000 };
const dayMs = 24 * 3_600_000;

describe('router', (it) => {
  it('sends a request to the app that registered its host, whatever the case and the port', async (scope) => {
    const { bus, port } = await openRouter(scope);
    const appPort = await serveApp(scope, (request, response) => response.end(`hello from ${request.url}`));
    await register(bus, appPort, ['hello.localhost']);

    const answer = await ask(port, `Hello.LOCALHOST:${port}`, { path: '/a?b=c' });

    assert.is(answer.status, 200);
    assert.is(answer.body, 'hello from /a?b=c');
  });

  it('sends a request to the longest path that covers it, and to a wildcard when no host does', async (scope) => {
    const { bus, port } = await openRouter(scope);
    const [root, api, any] = await Promise.all(
      ['root', 'api', 'any'].map((name) => serveApp(scope, (_, response) => response.end(name))),
    );
    await register(bus, root ?? 0, ['one.localhost']);
    await register(bus, api ?? 0, ['one.localhost/api']);
    await register(bus, any ?? 0, ['*.localhost']);

    const paths = ['/', '/api', '/api/v1?x', '/apix'];
    const bodies = await Promise.all(paths.map(async (path) => (await ask(port, 'one.localhost', { path })).body));
    const other = await ask(port, 'a.b.localhost');

    assert.equal(bodies, ['root', 'api', 'api', 'root']);
    assert.is(other.body, 'any');
  });

  it('gives each instance its turn', async (scope) => {
    const { bus, port } = await openRouter(scope);
    for (const name of ['a', 'b', 'c']) {
      await register(bus, await serveApp(scope, (_, response) => response.end(name)), ['hello.localhost']);
    }

    const bodies: string[] = [];
    for (let count = 0; count < 6; count += 1) bodies.push((await ask(port, 'hello.localhost')).body);

    assert.is(bodies.join(''), 'abcabc');
  });

  it('forgets what unregisters, and goes on with the rest', async (scope) => {
    const { bus, port } = await openRouter(scope);
    const first = await register(bus, await serveApp(scope, (_, response) => response.end('a')), ['hello.localhost']);
    await register(bus, await serveApp(scope, (_, response) => response.end('b')), ['hello.localhost']);

    bus.publish(routerUnregister, { ...first, port: null });
    bus.publish(routerUnregister, first);
    await understood(bus);
    const answers = [await ask(port, 'hello.localhost'), await ask(port, 'hello.localhost')];

    assert.equal(
      answers.map(({ body }) => body),
      ['b', 'b'],
    );
  });

  it('answers requests that came before the app unregistered', async (scope) => {
    const { bus, port } = await openRouter(scope);
    let finish: (() => void) | undefined;
    const appPort = await serveApp(scope, (_, response) => {
      finish = () => response.end('late');
    });
    const route = await register(bus, appPort, ['hello.localhost']);

    const answer = ask(port, 'hello.localhost');
    const finishNow = await waitFor('the request', () => finish, limits);
    bus.publish(routerUnregister, route);
    await understood(bus);
    finishNow();

    assert.is((await answer).body, 'late');
  });

  it('leaves an instance out that refuses connections, until it registers again', async (scope) => {
    const { bus, port, logged } = await openRouter(scope);
    const server = createServer();
    const deadPort = await portOf(scope, server);
    await new Promise((resolve) => server.close(resolve));
    const dead = await register(bus, deadPort, ['hello.localhost']);
    await register(bus, await serveApp(scope, (_, response) => response.end('alive')), ['hello.localhost']);

    const bodies: string[] = [];
    for (let count = 0; count < 4; count += 1) bodies.push((await ask(port, 'hello.localhost')).body);
    const refusals = logged.filter(({ event }) => event === 'instance not reached').length;
    const app = await serveApp(scope, (_, response) => response.end('never asked'));
    assert.is.not(app, deadPort);
    await portOf(
      scope,
      (await import('node:http')).createServer((_, response) => response.end('back')),
      deadPort,
    );
    bus.publish(routerRegister, dead);
    await understood(bus);
    for (let count = 0; count < 2; count += 1) bodies.push((await ask(port, 'hello.localhost')).body);

    assert.equal(bodies.slice(0, 4), ['alive', 'alive', 'alive', 'alive']);
    assert.is(refusals, 1);
    assert.equal(bodies.slice(4).sort(), ['alive', 'back']);
  });

  it('drops an endpoint that is not registered again', async (scope) => {
    const { bus, port } = await openRouter(scope, { staleMs: 1_500, sweepMs: 40 });
    const kept = await register(bus, await serveApp(scope, (_, response) => response.end('a')), ['kept.localhost']);
    await register(bus, await serveApp(scope, (_, response) => response.end('b')), ['lost.localhost']);

    await waitFor(
      'the route to be dropped',
      async () => {
        bus.publish(routerRegister, kept);
        return (await ask(port, 'lost.localhost')).status === 404 ? true : undefined;
      },
      { ...limits, everyMs: 20 },
    );

    assert.is((await ask(port, 'kept.localhost')).status, 200);
  });

  it('keeps all routes when somebody sets the clock, and drops them in their time', async (scope) => {
    for (const byMs of [dayMs, -dayMs]) {
      const { bus, port } = await openRouter(scope, { staleMs: 1_500, sweepMs: 40 });
      await register(bus, await serveApp(scope, (_, response) => response.end('a')), ['hello.localhost']);
      const registeredAt = performance.now();

      setClock(scope, byMs);

      const dropped = async () => ((await ask(port, 'hello.localhost')).status === 404 ? true : undefined);
      await waitFor('the route to be dropped', dropped, { ...limits, everyMs: 20 });
      assert.ok(performance.now() - registeredAt >= 1_500);
    }
  });

  it('keeps all routes while the bus is away, and asks for registrations when it is back', async (scope) => {
    const staleMs = 1_500;
    const { bus, port, server } = await openRouter(scope, { staleMs, sweepMs: 40 });
    const app = await serveApp(scope, (_, response) => response.end('a'));
    const route = await register(bus, app, ['hello.localhost']);
    const starts: RouterStart[] = [];
    bus.subscribe(routerStart, (message) => {
      starts.push(message);
      bus.publish(routerRegister, route);
    });
    await bus.flush();

    process.kill(server.pid(), 'SIGSTOP');
    const stoppedAt = performance.now();
    const statuses = new Set<number>();
    while (performance.now() - stoppedAt < staleMs * 2) statuses.add((await ask(port, 'hello.localhost')).status);
    process.kill(server.pid(), 'SIGKILL');

    assert.equal([...statuses], [200]);
    await waitFor('router.start', () => starts[0], limits);
    assert.is((await ask(port, 'hello.localhost')).status, 200);
  });

  it('asks everybody to register when it starts, and regularly', async (scope) => {
    const testBus = await startBus(scope);
    const starts: RouterStart[] = [];
    testBus.bus.subscribe(routerStart, (message) => void starts.push(message));
    await testBus.bus.flush();
    const context = {
      bus: await connectBus(scope, testBus.address),
      log: silentLog,
      dataDir: '/nowhere',
      signal: new AbortController().signal,
    };
    const { port } = scope.use(
      await startRouter(context, v.parse(RouterOptions, { port: 0, startEveryMs: 30, staleMs: 60_000 })),
    );

    const third = await waitFor('three of them', () => starts[2], limits);
    const greeting = await testBus.bus.ask(routerGreet, null, limits);

    assert.match(third.id, /^[0-9a-f]{32}$/);
    assert.equal(third, {
      id: third.id,
      version: 0.98,
      hosts: ['127.0.0.1'], // addresses, as in the messages that were recorded
      port,
      minimumRegisterIntervalInSeconds: 20,
      pruneThresholdInSeconds: 60,
    });
    assert.equal(greeting, third);
  });

  it('announces itself as a Router, and when asked', async (scope) => {
    const testBus = await startBus(scope);
    const announced: Announcement[] = [];
    testBus.bus.subscribe(componentAnnounce, (message) => void announced.push(message));
    await testBus.bus.flush();
    const context = {
      bus: await connectBus(scope, testBus.address),
      log: silentLog,
      dataDir: '/nowhere',
      signal: new AbortController().signal,
    };
    scope.use(await startRouter(context, v.parse(RouterOptions, { port: 0 })));

    const [reply] = await testBus.bus.askMany(componentDiscover, null, { ...limits, expected: 1 });
    const announcement = await waitFor('the announcement', () => announced[0], limits);

    assert.is(announcement.type, 'Router');
    assert.match(announcement.start, /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d \+0000$/);
    assert.equal(reply, { ...announcement, uptime: reply?.uptime });
    assert.match(reply?.uptime ?? '', /^0d:0h:0m:\d+s$/);
  });

  it('refuses to start on a taken port, naming who holds it and how to choose another', async (scope) => {
    const { bus } = await startBus(scope);
    const taken = await portOf(scope, createServer());
    const context = { bus, log: silentLog, dataDir: '/nowhere', signal: new AbortController().signal };

    const error: unknown = await startRouter(context, v.parse(RouterOptions, { port: taken })).catch(
      (thrown) => thrown,
    );

    assert.instance(error, ActionableError);
    const { code, message, remedy } = error as ActionableError;
    assert.is(code, 'PORT_TAKEN');
    assert.match(message, `The router cannot listen on port ${taken}`);
    assert.match(remedy, '`--port`');
    assert.match(message, process.platform === 'linux' ? `(pid ${process.pid})` : /another program/);
  });

  it('refuses settings that make no sense', () => {
    for (const wrong of [{ port: 70_000 }, { port: -1 }, { holdMs: 0 }, { staleMs: 'soon' }, { host: '' }]) {
      assert.is(v.safeParse(RouterOptions, wrong).success, false, JSON.stringify(wrong));
    }
  });

  it('lets requests end when it stops, takes no new ones, and gives the port back', async (scope) => {
    const { bus, address } = await startBus(scope);
    const context = {
      bus: await connectBus(scope, address),
      log: silentLog,
      dataDir: '/nowhere',
      signal: new AbortController().signal,
    };
    const options = v.parse(RouterOptions, { port: 0, drainMs: 60_000 });
    const running = await startRouter(context, options);
    let finish = () => {};
    const appPort = await serveApp(scope, (_, response) => {
      response.write('begun, ');
      finish = () => response.end('done');
    });
    await register(bus, appPort, ['hello.localhost']);
    const wire = (await Wire.to(scope, running.port)).head('GET / HTTP/1.1', 'Host: hello.localhost');
    const idle = (await Wire.to(scope, running.port)).head('GET / HTTP/1.1', 'Host: nothing.localhost');
    const silent = await Wire.to(scope, running.port);
    await wire.until(/begun/);
    await idle.until(/does not exist/);

    const stopped = running[Symbol.asyncDispose]();
    await Promise.all([idle.closed(), silent.closed()]);
    const refused = await Wire.to(scope, running.port).catch((error: Error) => error);
    finish();
    await stopped;

    assert.match(await wire.closed(), /done/);
    assert.instance(refused, Error);
    scope.use(await startRouter(context, { ...options, port: running.port }));
  });

  it('hangs up when a request does not end in time', async (scope) => {
    const { bus, address } = await startBus(scope);
    const context = {
      bus: await connectBus(scope, address),
      log: silentLog,
      dataDir: '/nowhere',
      signal: new AbortController().signal,
    };
    const running = await startRouter(context, v.parse(RouterOptions, { port: 0, drainMs: 50 }));
    await register(bus, await serveApp(scope, (_, response) => void response.write('for ever')), ['hello.localhost']);
    const wire = (await Wire.to(scope, running.port)).head('GET / HTTP/1.1', 'Host: hello.localhost');
    await wire.until(/for ever/);

    await running[Symbol.asyncDispose]();

    assert.not.match(await wire.closed(), /\r\n0\r\n/);
  });
});
