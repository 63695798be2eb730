import * as assert from 'uvu/assert';
import * as v from 'valibot';
import { environmentOf } from '#components/dea/environment.ts';
import { recordOf } from '#components/dea/instance-record.ts';
import {
  deaAdvertise,
  deaDiscover,
  deaFindDroplet,
  deaLocate,
  deaStartInstance,
  deaStatus,
  dropletStatus,
} from '#contract/dea.ts';
import { componentDiscover } from '#contract/discovery.ts';
import { call } from '#ground/http-client.ts';
import { waitFor } from '#ground/wait.ts';
import { describe, type Scope } from '../../support/spec.ts';
import { keysOf, recordedPayload, recordingOf } from './recordings.ts';
import { fixtureDroplet, listenTo, openDea, optionsFor, requestFor, startRunning } from './support.ts';

async function startedDea(scope: Scope) {
  const dea = await openDea(scope, { memoryEveryMs: 50, diskEveryMs: 50, maxMemoryMb: 1024 });
  const request = requestFor(await fixtureDroplet(scope, 'echo-env'), { debug: true });
  const { app, instance } = await startRunning(dea, request);
  const find = async () => {
    const [found] = await dea.bus.askMany(
      deaFindDroplet,
      { droplet: app, include_stats: true },
      { limitMs: 15_000, expected: 1 },
    );
    return found?.stats?.usage ? found : undefined;
  };
  return { dea, request, app, instance, found: await waitFor('usage', find, { limitMs: 15_000 }) };
}

/** Every key the original sent is there. */
function hasAllOf(actual: unknown, recorded: unknown, except: readonly string[] = []): void {
  const there = new Set(keysOf(actual));
  assert.equal(
    keysOf(recorded).filter((key) => !there.has(key) && !except.includes(key)),
    [],
  );
}

describe('messages of a dea', (it) => {
  it('have every field of the recorded ones', async (scope) => {
    const { dea, app, found } = await startedDea(scope);

    hasAllOf(found, await recordedPayload('reply-to.dea.find.droplet.stats'));
    assert.equal([found.debug_ip, typeof found.debug_port], ['127.0.0.1', 'number']);
    assert.equal([found.console_ip, found.console_port], [null, null]);
    const [status] = await dea.bus.askMany(dropletStatus, null, { limitMs: 15_000, expected: 1 });
    hasAllOf(status, await recordedPayload('reply-to.droplet.status'));
    hasAllOf(await dea.heartbeats.first(), await recordedPayload('dea.heartbeat.RUNNING'));
    hasAllOf(await dea.registered.first(), await recordedPayload('router.register'));
    hasAllOf(await dea.bus.ask(deaStatus, null, { limitMs: 15_000 }), await recordedPayload('reply-to.dea.status'));
    const question = { droplet: app, runtime_info: { name: 'node' }, limits: { mem: 1 } };
    hasAllOf(
      await dea.bus.ask(deaDiscover, question, { limitMs: 15_000 }),
      await recordedPayload('reply-to.dea.discover'),
    );
    const adverts = listenTo(scope, dea.bus, deaAdvertise);
    dea.bus.publish(deaLocate, null);
    hasAllOf(await adverts.first(), await recordedPayload('dea.advertise'));
  });

  it('read the start requests of 2012, with ids that are numbers or words', async () => {
    const [numbered, named] = [
      await recordedPayload('dea.UUID.start.cc_like'),
      await recordedPayload('dea.UUID.start.tutorial_like'),
    ];

    assert.is(v.parse(deaStartInstance.schema, numbered).droplet, '42');
    const request = v.parse(deaStartInstance.schema, named);
    const record = recordOf(request, optionsFor({}), 1);
    assert.equal([record.app, record.memoryMb, record.diskMb, record.fds], ['my-sinatra-app', 256, 256, 1024]);
    assert.equal([record.debugMode, record.hasConsole], [true, false]);
  });

  it('are not sent by a dea that is full', async (scope) => {
    const dea = await openDea(scope, { maxMemoryMb: 100, advertiseEveryMs: 20 });
    const adverts = listenTo(scope, dea.bus, deaAdvertise);
    await adverts.first();
    const request = requestFor(await fixtureDroplet(scope, 'echo-env'), { limits: { mem: 100 } });
    await startRunning(dea, request);
    const before = adverts.messages.length;

    dea.bus.publish(deaLocate, null);
    await dea.bus.ask(deaStatus, null, { limitMs: 15_000 });
    await waitFor('some rounds', async () => (dea.heartbeats.messages.length > 0 ? true : undefined), {
      limitMs: 15_000,
    });
    await dea.bus.flush();

    assert.is(adverts.messages.length, before);
  });
});

describe('varz of a dea', (it) => {
  it('tells of its apps what the recorded one tells', async (scope) => {
    const { dea, request, instance } = await startedDea(scope);
    const components = await dea.bus.askMany(componentDiscover, null, { limitMs: 15_000, expected: 1 });
    const { host, credentials = [], uuid } = components.find(({ type }) => type === 'DEA') ?? {};
    const authorization = `Basic ${Buffer.from((credentials ?? []).join(':')).toString('base64')}`;

    const answer = await call(`http://${host}/varz`, { headers: { authorization } });
    const varz = JSON.parse(await answer.text());

    assert.is(uuid, dea.id);
    const recorded = JSON.parse(await recordingOf('dea-varz.txt'));
    assert.equal(
      Object.keys(recorded).filter((key) => !(key in varz)),
      [],
    );
    assert.equal(
      [varz.apps_max_memory, varz.apps_reserved_memory, varz.num_apps, varz.running_apps.length],
      [1024, 256, 1, 1],
    );
    hasAllOf(varz.running_apps[0], recorded.running_apps[0]);
    assert.equal([varz.running_apps[0].instance_id, varz.running_apps[0].state], [instance, 'RUNNING']);
    assert.is(varz.running_apps[0].log_id, `(name=hello app_id=${request.droplet} instance=${instance} index=0)`);
    assert.equal(Object.keys(varz.frameworks.node), Object.keys(recorded.frameworks.sinatra));
    assert.is(varz.runtimes.node.reserved_memory, 262_144);
    assert.ok(varz.runtimes.node.used_memory > 10_000 && varz.apps_used_memory > 10);
  });
});

describe('environment of an app, as recorded', (it) => {
  it('has every variable, and in each of those that hold JSON every field', async () => {
    const recorded = await recordedEnvironment();
    const request = v.parse(deaStartInstance.schema, await recordedPayload('dea.UUID.start.tutorial_like'));
    const record = { ...recordOf(request, optionsFor({}), 1_795_248_908_000), port: 38_993, debugPort: 36_299 };

    const env = environmentOf(record, request, { directory: '/d', path: '/bin', host: '127.0.0.1' });

    for (const [name, value] of Object.entries(recorded)) {
      assert.type(env[name], 'string', name);
      hasAllOf(jsonIn(env[name]), jsonIn(value));
    }
    for (const name of ['VCAP_SERVICES', 'VMC_SERVICES', 'VMC_REDIS', 'VCAP_APP_PORT', 'VCAP_DEBUG_PORT', 'FOO']) {
      assert.is(env[name], recorded[name], name);
    }
    assert.is(env['VCAP_CONSOLE_PORT'], '');
    const application = JSON.parse(env['VMC_APP_INSTANCE'] ?? '');
    const {
      instance_id: _,
      private_instance_id: __,
      dir: ___,
      debug_ip: ____,
      log_id: _____,
      ...same
    } = JSON.parse(recorded['VMC_APP_INSTANCE'] ?? '');
    for (const [key, value] of Object.entries(same)) assert.equal(application[key], value, key);
  });

  it('names the variables of the debug mode, and the port of a console', () => {
    const debug_env = { run: ['NODE_ARGS=--debug', 'WAIT=no'], suspend: ['WAIT=yes'] };
    const changes = { debug: 'run', console: true, runtime_info: { name: 'node', debug_env } };
    const request = requestFor({ path: '/', sha1: 'a' }, changes);
    const record = { ...recordOf(request, optionsFor({}), 1), port: 1, debugPort: 2, consolePort: 3 };

    const env = environmentOf(record, request, { directory: '/d', path: '/bin', host: '127.0.0.1' });

    assert.equal([env['NODE_ARGS'], env['WAIT']], ['--debug', 'no']);
    assert.equal([env['VCAP_CONSOLE_IP'], env['VCAP_CONSOLE_PORT'], env['VCAP_DEBUG_PORT']], ['127.0.0.1', '3', '2']);
  });
});

/** Without what the app's shell and its `startup` add. */
async function recordedEnvironment(): Promise<Record<string, string>> {
  const lines = (await recordingOf('app-environ.txt')).trim().split('\n');
  const variables = lines
    .map((line) => /^(\w+)=(.*)$/.exec(line) ?? [])
    .map(([, name = '', value = '']) => [name, value]);
  const notOurs = ['RACK_ENV', 'PWD', 'SHLVL', 'RUBYOPT', 'OLDPWD', '_'];
  return Object.fromEntries(variables.filter(([name = '']) => !notOurs.includes(name)));
}

function jsonIn(text = ''): unknown {
  return text.startsWith('{') ? JSON.parse(text) : undefined;
}
