import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import * as v from 'valibot';
import { CloudControllerOptions, cloudController } from '#components/cloud-controller/index.ts';
import { type Announcement, componentAnnounce, componentDiscover } from '#contract/discovery.ts';
import {
  type RouteMessage,
  type RouteWithdrawal,
  routerRegister,
  routerStart,
  routerUnregister,
} from '#contract/routes.ts';
import { Bucket } from '#ground/bucket.ts';
import { call } from '#ground/http-client.ts';
import { silentLog } from '#ground/log.ts';
import { waitFor } from '#ground/wait.ts';
import { connectBus, startBus } from '../../support/bus.ts';
import { scratchDirectory } from '../../support/scratch.ts';
import { describe } from '../../support/spec.ts';
import { thrownBy } from '../../support/thrown.ts';
import { applyManifest, createApp, createRoute, refusalIn } from './create.ts';
import { basic, send, startCloudController } from './start-cloud-controller.ts';

describe('the cloud controller', (it) => {
  it('registers its hosts with the routers: at once, when one starts, regularly, and not after its end', async (scope) => {
    const { bus, address } = await startBus(scope);
    const registered: RouteMessage[] = [];
    const withdrawn: RouteWithdrawal[] = [];
    scope.use(bus.subscribe(routerRegister, (message) => void registered.push(message)));
    scope.use(bus.subscribe(routerUnregister, (message) => void withdrawn.push(message)));
    await bus.flush();
    const context = {
      bus: await connectBus(scope, address),
      log: silentLog,
      dataDir: await scratchDirectory(scope),
      signal: new AbortController().signal,
    };
    const options = v.parse(CloudControllerOptions, { domain: 'paas.test', hostNames: ['box'], registerSeconds: 0.05 });

    const running = await cloudController.start(context, options);
    await bus.flush();
    const first = registered[0];
    const before = registered.length;
    bus.publish(routerStart, { id: 'r' });
    await waitFor('more registrations', () => (registered.length >= before + 3 ? true : undefined), {
      limitMs: 15_000,
    });
    await running[Symbol.asyncDispose]();
    await context.bus.flush();
    await bus.flush();
    const after = registered.length;

    assert.equal(first?.uris, [
      'api.paas.test',
      'uaa.paas.test',
      'login.paas.test',
      'paas.test',
      'localhost',
      '127.0.0.1',
      'box',
    ]);
    assert.equal(first?.tags, { component: 'CloudController' });
    assert.is(first?.host, '127.0.0.1');
    assert.equal(
      withdrawn.map(({ uris, port }) => ({ uris, port })),
      [{ uris: first?.uris, port: first?.port }],
    );
    await thrownBy(() => call(`http://127.0.0.1:${first?.port}/`));
    assert.is(registered.length, after);
  });

  it('announces itself, and answers who looks for components', async (scope) => {
    const { bus, address } = await startBus(scope);
    const announced: Announcement[] = [];
    scope.use(bus.subscribe(componentAnnounce, (message) => void announced.push(message)));
    await bus.flush();
    await startCloudController(scope, { again: { address, dataDir: await scratchDirectory(scope) } });

    const found = await bus.ask(componentDiscover, null, { limitMs: 15_000 });
    await bus.flush();

    const { uptime, ...known } = found;
    assert.equal(announced, [known]);
    assert.is(found.type, 'CloudController');
    assert.is(found.index, 0);
    assert.match(found.uuid, /^0-[0-9a-f]{32}$/);
    assert.match(found.host ?? '', /^127\.0\.0\.1:\d+$/);
    assert.equal(
      found.credentials?.map((each) => /^[0-9a-f]{32}$/.test(each)),
      [true, true],
    );
    assert.match(uptime ?? '', /^0d:0h:0m:\d+s$/);
    assert.match(found.start, /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d \+0000$/);
  });

  it('tells its health and its figures to who shows the announced credentials', async (scope) => {
    const { bus, address } = await startBus(scope);
    const options = { adminPassword: 'not to be told' };
    await startCloudController(scope, { options, again: { address, dataDir: await scratchDirectory(scope) } });
    const { host, credentials, uuid } = await bus.ask(componentDiscover, null, { limitMs: 15_000 });
    const [user = '', password = ''] = credentials ?? [];
    const status = (path: string, shown: Record<string, string>) =>
      send(`http://${host}`, 'GET', path, { headers: shown });

    const health = await status('/healthz', { authorization: basic(user, password) });
    const figures = await status('/varz', { authorization: basic(user, password) });

    assert.equal([health.status, health.text], [200, 'ok\n']);
    assert.equal([figures.body.type, figures.body.uuid], ['CloudController', uuid]);
    assert.is(figures.body.config.domain, 'localhost');
    assert.not.match(figures.text, 'not to be told');
    assert.is((await status('/healthz', {})).status, 401);
    assert.is((await status('/varz', { authorization: basic(user, 'wrong') })).status, 401);
  });

  it(
    'loses nothing that was acknowledged when the message bus is killed',
    async (scope) => {
      const { server, address } = await startBus(scope);
      const api = await startCloudController(scope, { again: { address, dataDir: await scratchDirectory(scope) } });
      const made: string[] = [];

      for (let index = 0; index < 30; index += 1) {
        if (index === 10) process.kill(server.pid(), 'SIGKILL');
        const name = `app-${index}`;
        const relationships = { space: { data: { guid: api.places.space } } };
        const { status } = await api.ask('POST', '/v3/apps', { body: { name, relationships } });
        if (status === 201) made.push(name);
      }
      await api.running[Symbol.asyncDispose]();
      const again = await startCloudController(scope, { again: api });

      assert.is(made.length, 30);
      const { resources } = (await again.ask('GET', '/v3/apps')).body;
      assert.equal(
        resources.map(({ name }: { name: string }) => name),
        made,
      );
    },
    { timeoutMs: 120_000 },
  );

  it(
    'keeps reading, and refuses writes with a clear error, while the message bus is away',
    async (scope) => {
      const { server, address } = await startBus(scope);
      const api = await startCloudController(scope, { again: { address, dataDir: await scratchDirectory(scope) } });
      const guid = await createApp(api, 'steady');
      await server[Symbol.asyncDispose]();

      const written = await api.ask('PATCH', `/v3/apps/${guid}`, { body: { name: 'other' } });

      assert.match(
        refusalIn(written),
        /^503 The platform could not store the app: its message bus does not answer\. Try again/,
      );
      assert.is((await api.ask('GET', `/v3/apps/${guid}`)).body.name, 'steady');
    },
    { timeoutMs: 120_000 },
  );

  it('finishes a deletion that was cut short', async (scope) => {
    const first = await startCloudController(scope);
    await applyManifest(first, 'applications:\n- {name: gone, default-route: true}\n');
    const guid = (await first.ask('GET', '/v3/apps')).body.resources[0].guid;
    const relationships = { app: { data: { guid } } };
    const bits = (await first.ask('POST', '/v3/packages', { body: { type: 'bits', relationships } })).body.guid;
    await first.running[Symbol.asyncDispose]();
    await (await Bucket.open(first.bus, 'cloud-controller')).delete(`app.${guid}`);

    const again = await startCloudController(scope, { again: first });

    const left = async () => (await again.ask('GET', `/v3/packages/${bits}`)).status === 200;
    await waitFor('the package to go', async () => ((await left()) ? undefined : true), { limitMs: 15_000 });
    const leadsNowhere = async () => {
      const [route] = (await again.ask('GET', '/v3/routes')).body.resources;
      return route.destinations.length === 0 ? true : undefined;
    };
    await waitFor('the route to lead nowhere', leadsNowhere, { limitMs: 15_000 });
  });

  it('shows routes of another domain for what they are', async (scope) => {
    const first = await startCloudController(scope, { options: { domain: 'old.test' } });
    await createRoute(first, 'a');
    await first.running[Symbol.asyncDispose]();

    const again = await startCloudController(scope, { again: first, options: { domain: 'new.test' } });

    const [route] = (await again.ask('GET', '/v3/routes')).body.resources;
    assert.is(route.url, 'a.old.test');
    assert.equal((await again.ask('GET', `/v3/routes?domain_guids=${again.places.domain}`)).body.resources, []);
  });

  it('leaves nothing behind when it cannot start', async (scope) => {
    const { address } = await startBus(scope);
    const dataDir = await scratchDirectory(scope);
    await writeFile(join(dataDir, 'blobs'), 'in the way');
    const start = async () => startCloudController(scope, { again: { address, dataDir } });

    const error = await thrownBy(start);
    await rm(join(dataDir, 'blobs'));

    assert.match(error.message, /ENOTDIR|EEXIST/);
    assert.is((await (await start()).ask('GET', '/v3/apps')).status, 200);
  });

  it('tells what v3 has no word for', async (scope) => {
    const api = await startCloudController(scope, {
      options: { version: '1.2.3', home: '/somewhere' },
    });

    const { body } = await api.ask('GET', '/localpaas/v1/info');

    assert.is(body.version, '1.2.3');
    assert.is(body.domain, 'localhost');
    assert.is(body.home, '/somewhere');
    assert.is(typeof body.uptime, 'number');
    assert.is(body.space.guid, api.places.space);
  });
});
