import { existsSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import * as v from 'valibot';
import { homeOf, readPartsRecord } from '#assembly/home.ts';
import { loneCloudController } from '#assembly/lone-cloud-controller.ts';
import { ApiClient } from '#cli/api-client.ts';
import { CloudControllerOptions } from '#components/cloud-controller/index.ts';
import { RouterOptions, startRouter } from '#components/router/index.ts';
import { pageOf } from '#contract/api/resources.ts';
import { routerStart } from '#contract/routes.ts';
import { createLog, type LogEntry, silentLog } from '#ground/log.ts';
import { waitFor } from '#ground/wait.ts';
import { connectBus, startBus, type TestBus } from '../support/bus.ts';
import { scratchDirectory } from '../support/scratch.ts';
import { describe, type Scope } from '../support/spec.ts';

const signal = new AbortController().signal;
const limits = { limitMs: 15_000 };

async function startAlone(scope: Scope, { address }: TestBus, routerUrl?: string) {
  const home = homeOf(await scratchDirectory(scope), {});
  const entries: LogEntry[] = [];
  const context = {
    bus: await connectBus(scope, address),
    dataDir: await scratchDirectory(scope),
    log: createLog((entry) => entries.push(entry)),
    signal,
  };
  const options = v.parse(CloudControllerOptions, { domain: 'pi.lan' });
  const running = scope.use(await loneCloudController(options, { home, routerUrl }).start(context));
  const urlOnceNot = (old?: string) =>
    waitFor(
      'the introduction',
      async () => (await readPartsRecord(home).then((it) => it?.url !== old && it?.url)) || undefined,
      limits,
    );
  return { home, running, entries, urlOnceNot };
}

async function startRouterFor(scope: Scope, { address }: TestBus, port = 0) {
  const context = { bus: await connectBus(scope, address), log: silentLog, dataDir: '/nowhere', signal };
  const router = await startRouter(context, v.parse(RouterOptions, { port }));
  scope.use(router);
  return { router, url: `http://127.0.0.1:${router.port}` };
}

describe('a cloud controller that runs alone', (it) => {
  it('logs the command line in through the router that is there, and takes that back at its end', async (scope) => {
    const bus = await startBus(scope);
    const { url } = await startRouterFor(scope, bus);

    const { home, running, urlOnceNot } = await startAlone(scope, bus);
    assert.is(await urlOnceNot(), url);
    const api = await ApiClient.open({ home: home.path, signal });
    const apps = await api.get('/v3/apps', pageOf(v.unknown()));
    await running[Symbol.asyncDispose]();

    assert.equal(apps.resources, []);
    assert.is((await stat(home.partsLoginFile)).mode & 0o777, 0o600);
    assert.not(existsSync(home.partsFile));
    assert.not(existsSync(home.loginFile), 'that of the platform of this home is another');
    assert.not(existsSync(join(home.path, 'cloud-controller')));
  });

  it('follows a router that comes later, and the next one elsewhere', async (scope) => {
    const bus = await startBus(scope);
    const { urlOnceNot } = await startAlone(scope, bus);

    const first = await startRouterFor(scope, bus);
    const heard = await urlOnceNot();
    await first.router[Symbol.asyncDispose]();
    const second = await startRouterFor(scope, bus);

    assert.is(heard, first.url);
    assert.is(await urlOnceNot(first.url), second.url);
  });

  it('is told of a router that does not say where it answers', async (scope) => {
    const bus = await startBus(scope);
    const { router, url } = await startRouterFor(scope, bus);
    const told = await startAlone(scope, bus, url);

    assert.is(await told.urlOnceNot(), url);
    await router[Symbol.asyncDispose]();

    const other = await startAlone(scope, bus);
    bus.bus.publish(routerStart, { id: 'of-2012', version: 0.98 });
    await bus.bus.flush();
    assert.not(existsSync(other.home.partsFile));
    assert.equal(
      other.entries.filter(({ level }) => level === 'error'),
      [],
    );
  });
});
