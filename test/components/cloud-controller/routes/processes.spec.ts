import * as assert from 'uvu/assert';
import * as v from 'valibot';
import { Process } from '#contract/api/resources.ts';
import { describe } from '../../../support/spec.ts';
import { createApp, refusalIn } from '../create.ts';
import { startCloudController } from '../start-cloud-controller.ts';

describe('the processes of the API', (it) => {
  it('are one for each app, with its guid', async (scope) => {
    const api = await startCloudController(scope, { options: { defaultMemoryMb: 100, defaultDiskMb: 200 } });
    const one = await createApp(api, 'one');
    const two = await createApp(api, 'two');

    const all = await api.ask('GET', `/v3/processes?app_guids=${one}%2C${two}`);
    const its = await api.ask('GET', `/v3/apps/${one}/processes`);
    const [byGuid, byType] = [
      await api.ask('GET', `/v3/processes/${one}`),
      await api.ask('GET', `/v3/apps/${one}/processes/web`),
    ];

    assert.equal(
      all.body.resources.map(({ guid }: { guid: string }) => guid),
      [one, two],
    );
    assert.equal(its.body.resources, [byGuid.body]);
    assert.equal(byType.body, byGuid.body);
    assert.ok(v.is(Process, byGuid.body), byGuid.text);
    assert.is(byGuid.body.memory_in_mb, 100);
    assert.is(byGuid.body.disk_in_mb, 200);
    assert.equal(byGuid.body.relationships.app, { data: { guid: one } });
    assert.is(refusalIn(await api.ask('GET', `/v3/apps/${one}/processes/worker`)), '404 Process not found');
    assert.is(refusalIn(await api.ask('GET', '/v3/processes/none')), '404 Process not found');
  });

  it('are scaled', async (scope) => {
    const api = await startCloudController(scope);
    const guid = await createApp(api, 'elastic');

    const answer = await api.ask('POST', `/v3/apps/${guid}/processes/web/actions/scale`, {
      body: { instances: 3, memory_in_mb: 64 },
    });
    await api.ask('POST', `/v3/processes/${guid}/actions/scale`, { body: { disk_in_mb: 99 } });

    assert.is(answer.status, 202);
    assert.is(answer.body.instances, 3);
    const { instances, memory_in_mb, disk_in_mb } = (await api.ask('GET', `/v3/processes/${guid}`)).body;
    assert.equal({ instances, memory_in_mb, disk_in_mb }, { instances: 3, memory_in_mb: 64, disk_in_mb: 99 });
    const events = await api.ask('GET', `/v3/audit_events?types=audit.app.process.scale&target_guids=${guid}`);
    assert.equal(events.body.resources[0].data, { process_type: 'web', request: { instances: 3, memory_in_mb: 64 } });
  });

  it('are not scaled to nonsense', async (scope) => {
    const api = await startCloudController(scope);
    const guid = await createApp(api, 'rigid');
    const refusal = async (body: unknown) =>
      refusalIn(await api.ask('POST', `/v3/processes/${guid}/actions/scale`, { body }));

    assert.is(await refusal({ instances: -1 }), '422 instances: must be at least 0');
    assert.is(await refusal({ instances: 1001 }), '422 instances: must be at most 1000');
    assert.is(await refusal({ instances: 1.5 }), '422 instances: must be a whole number');
    assert.match(await refusal({ instances: '2' }), /^422 instances: /);
    assert.is(await refusal({ memory_in_mb: 0 }), '422 memory_in_mb: must be at least 1');
    assert.is(await refusal({ disk_in_mb: 2 ** 31 }), '422 disk_in_mb: must be at most 2147483647');
    assert.is(await refusal({ cpus: 2 }), "422 Unknown field(s): 'cpus'");
    assert.match(await refusal({ log_rate_limit_in_bytes_per_second: 10 }), /^422 .*log rates cannot be limited/);
    assert.is((await api.ask('GET', `/v3/processes/${guid}`)).body.instances, 1);
  });

  it('may have no instance at all', async (scope) => {
    const api = await startCloudController(scope);
    const guid = await createApp(api, 'idle');

    await api.ask('POST', `/v3/processes/${guid}/actions/scale`, { body: { instances: 0 } });

    assert.equal((await api.ask('GET', `/v3/processes/${guid}/stats`)).body, { resources: [] });
  });

  it('show one DOWN instance for each that a stopped app would have', async (scope) => {
    const api = await startCloudController(scope);
    const guid = await createApp(api, 'stopped');
    await api.ask('POST', `/v3/processes/${guid}/actions/scale`, { body: { instances: 2 } });

    const { resources } = (await api.ask('GET', `/v3/apps/${guid}/processes/web/stats`)).body;

    assert.equal(
      resources.map(({ index, state }: { index: number; state: string }) => [index, state]),
      [
        [0, 'DOWN'],
        [1, 'DOWN'],
      ],
    );
  });

  it('change their command and health check', async (scope) => {
    const api = await startCloudController(scope);
    const guid = await createApp(api, 'checked');
    const change = async (body: unknown) => (await api.ask('PATCH', `/v3/processes/${guid}`, { body })).body;

    const http = await change({
      command: 'node x.js',
      health_check: { type: 'http', data: { endpoint: '/up', timeout: 5 } },
    });
    const port = await change({ command: null, health_check: { type: 'port' } });

    assert.is(http.command, 'node x.js');
    assert.equal(http.health_check, {
      type: 'http',
      data: { timeout: 5, invocation_timeout: null, interval: null, endpoint: '/up' },
    });
    assert.is(port.command, null);
    assert.equal(port.health_check, { type: 'port', data: { timeout: 5, invocation_timeout: null, interval: null } });
  });

  it('refuse health checks that cannot work', async (scope) => {
    const api = await startCloudController(scope);
    const guid = await createApp(api, 'unchecked');
    const refusal = async (health_check: unknown) =>
      refusalIn(await api.ask('PATCH', `/v3/processes/${guid}`, { body: { health_check } }));

    assert.match(await refusal({ type: 'tcp' }), /^422 health_check\.type: must be port, process or http/);
    assert.match(
      await refusal({ type: 'http', data: { endpoint: 'up' } }),
      /^422 Health check endpoint 'up' must be a path/,
    );
    assert.match(
      await refusal({ data: { endpoint: '/up' } }),
      /^422 A health check endpoint is only used by health checks of type http/,
    );
    assert.match(await refusal({ data: { timeout: 0 } }), /^422 health_check\.data\.timeout: /);
    assert.match(
      refusalIn(await api.ask('PATCH', `/v3/processes/${guid}`, { body: { command: '' } })),
      /^422 command: /,
    );
  });
});
