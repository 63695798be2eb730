import { randomUUID } from 'node:crypto';
import * as assert from 'uvu/assert';
import * as v from 'valibot';
import { Task } from '#contract/api/resources.ts';
import { waitFor } from '#ground/wait.ts';
import { describe, type Scope } from '../../../support/spec.ts';
import { refusalIn } from '../create.ts';
import { multipartOf, zipWith } from '../operations.ts';
import { playDea, playStager } from '../play-peers.ts';
import { type RunningApi, startCloudController } from '../start-cloud-controller.ts';

describe('tasks of the API', (it) => {
  it('are run with the droplet and in the size of their app, told in the words of the API, and canceled', async (scope) => {
    const { api, app } = await withApp(scope);
    playStager(scope, api.bus);
    playDea(scope, api.bus);
    await api.bus.flush();
    const droplet = await stagedDroplet(api, app);
    const path = `/v3/apps/${app}/tasks`;

    const first = await api.ask('POST', path, { body: { command: 'rake sweep', name: 'sweep', memory_in_mb: 64 } });
    const second = await api.ask('POST', path, { body: { command: 'true' } });

    assert.is(first.status, 202);
    assert.ok(v.safeParse(Task, first.body).success, first.text);
    assert.equal(
      [first.body.sequence_id, first.body.name, first.body.memory_in_mb, first.body.droplet_guid],
      [1, 'sweep', 64, droplet],
    );
    assert.equal(first.body.relationships.app.data, { guid: app });
    assert.equal(first.body.links.cancel, {
      href: `${api.base}/v3/tasks/${first.body.guid}/actions/cancel`,
      method: 'POST',
    });
    assert.match(second.body.name, /^[0-9a-f]{8}$/);
    const web = (await api.ask('GET', `/v3/processes/${app}`)).body;
    assert.is(second.body.memory_in_mb, web.memory_in_mb);
    const list = async (query: string) =>
      (await api.ask('GET', `${query}`)).body.resources.map((each: { sequence_id: number }) => each.sequence_id);
    assert.equal(await list(`${path}?sequence_ids=2`), [2]);
    assert.equal(await list(`${path}?per_page=5000`), [1, 2]);
    assert.equal(await list(`/v3/tasks?names=sweep&app_guids=${app}&order_by=-created_at`), [1]);
    assert.equal(await list(`/v3/tasks?states=SUCCEEDED`), []);

    const become = async (guid: string, state: string) => {
      const { body } = await api.ask('GET', `/v3/tasks/${guid}`);
      return body.state === state ? body : undefined;
    };
    await waitFor('the task to run', () => become(first.body.guid, 'RUNNING'), { limitMs: 15_000 });
    const canceled = await api.ask('PUT', `/v3/tasks/${first.body.guid}/cancel`);
    assert.is(canceled.status, 202);
    const over = await waitFor('its end', () => become(first.body.guid, 'FAILED'), { limitMs: 15_000 });
    assert.equal(over.result, { failure_reason: 'task was cancelled', exit_status: null });
    const again = await api.ask('POST', `/v3/tasks/${first.body.guid}/actions/cancel`);
    assert.is(refusalIn(again), '422 Task state is FAILED and therefore cannot be canceled');

    const template = { process: { guid: app } };
    const none = await api.ask('POST', path, { body: { template } });
    assert.is(refusalIn(none), '422 The process web has no command of its own: say which.');
    await api.ask('PATCH', `/v3/processes/${app}`, { body: { command: 'serve', health_check: { type: 'process' } } });
    const like = await api.ask('POST', path, { body: { template } });
    assert.is(like.body.command, 'serve');
    const others = await api.ask('POST', path, { body: { template: { process: { guid: randomUUID() } } } });
    assert.match(refusalIn(others), /^422 Unable to use this process as a template/);
    const named = await api.ask('POST', path, { body: { command: 'true', name: 'a/b' } });
    assert.match(refusalIn(named), /^422 Name must not contain/);
    assert.equal(await list(path), [1, 2, 3]);
    const events = (await api.ask('GET', `/v3/audit_events?target_guids=${app}`)).body.resources;
    const types = events.map(({ type }: { type: string }) => type);
    assert.is(types.filter((type: string) => type === 'audit.app.task.create').length, 3);
    assert.is(types.filter((type: string) => type === 'audit.app.task.cancel').length, 1);
  });

  it('are refused where they cannot be run, and nothing is stored', async (scope) => {
    const { api, app } = await withApp(scope);
    const path = `/v3/apps/${app}/tasks`;
    const refusals: [string, unknown][] = [
      ['Task must have a droplet', { command: 'true' }],
      ['Unable to use this droplet', { command: 'true', droplet_guid: randomUUID() }],
      ['memory_in_mb', { command: 'true', memory_in_mb: 0 }],
      ['must not be empty', { command: '' }],
      ["Unknown field(s): 'comand'", { comand: 'true' }],
      ['log rates cannot be limited', { command: 'true', log_rate_limit_in_bytes_per_second: 5 }],
    ];
    for (const [why, body] of refusals) {
      const refused = await api.ask('POST', path, { body });
      assert.is(refused.status, 422, why);
      assert.ok(JSON.stringify(refused.body).includes(why), `${why}: ${JSON.stringify(refused.body)}`);
    }
    assert.equal((await api.ask('GET', path)).body.resources, []);
    assert.is((await api.ask('POST', `/v3/apps/${randomUUID()}/tasks`, { body: { command: 'true' } })).status, 404);
    assert.is((await api.ask('GET', `/v3/tasks/${randomUUID()}`)).status, 404);
    assert.is((await api.ask('PUT', `/v3/tasks/${randomUUID()}/cancel`)).status, 404);
    assert.is((await api.ask('GET', '/v3/tasks?colour=red')).status, 400);
  });
});

async function withApp(scope: Scope): Promise<{ api: RunningApi; app: string }> {
  const api = await startCloudController(scope);
  const body = { name: 'hello', relationships: { space: { data: { guid: api.places.space } } } };
  return { api, app: (await api.ask('POST', '/v3/apps', { body })).body.guid };
}

/** @returns the guid of the app's current droplet */
async function stagedDroplet(api: RunningApi, app: string): Promise<string> {
  const relationships = { app: { data: { guid: app } } };
  const { guid } = (await api.ask('POST', '/v3/packages', { body: { type: 'bits', relationships } })).body;
  const parts = [
    { name: 'resources', content: '[]' },
    { name: 'bits', content: await zipWith({ 'index.html': 'hello' }), filename: 'package.zip' },
  ];
  await api.ask('POST', `/v3/packages/${guid}/upload`, multipartOf(parts));
  const build = await api.ask('POST', '/v3/builds', { body: { package: { guid } } });
  const look = async () => (await api.ask('GET', `/v3/builds/${build.body.guid}`)).body.droplet?.guid as string;
  const droplet = await waitFor('the build', look, { limitMs: 15_000 });
  await api.ask('PATCH', `/v3/apps/${app}/relationships/current_droplet`, { body: { data: { guid: droplet } } });
  return droplet;
}
