import * as assert from 'uvu/assert';
import { movedTo, partOf, without } from '#components/cloud-controller/portable/desired-state.ts';
import { readState, stateText } from '#components/cloud-controller/portable/state-file.ts';
import { guidOf, sha256Of, stateWith, variables } from '../../../assembly/backup/sample-backup.ts';
import { describe } from '../../../support/spec.ts';
import { applyManifest, createApp } from '../create.ts';
import { startCloudController } from '../start-cloud-controller.ts';

describe('a desired state on its way', (it) => {
  it('is told by the API, with everything that was acknowledged, to whoever has a token', async (scope) => {
    const api = await startCloudController(scope);
    const sidecars = '[{name: cache, process_types: [web], command: ./cache, memory: 8M}]';
    await applyManifest(
      api,
      `applications:\n- {name: one, default-route: true, instances: 3, sidecars: ${sidecars}}\n`,
    );
    const guid = await createApp(api, 'two');
    await api.ask('PATCH', `/v3/apps/${guid}/environment_variables`, { body: { var: variables } });

    const answer = await api.ask('GET', '/localpaas/v1/desired-state');

    assert.is(answer.status, 200);
    const state = readState(answer.text);
    if ('reason' in state) throw new Error(state.reason);
    assert.equal(
      state.app.map(({ name }) => name),
      ['one', 'two'],
    );
    assert.is(state.app[0]?.processes[0]?.instances, 3);
    assert.equal(state.app[1]?.environment, variables);
    const [sidecar] = state.app[0]?.sidecars ?? [];
    assert.equal([sidecar?.name, sidecar?.command, sidecar?.memoryMb], ['cache', './cache', 8]);
    assert.equal(
      state.route.map(({ host }) => host),
      ['one'],
    );
    assert.is((await api.ask('GET', '/localpaas/v1/desired-state', { token: null })).status, 401);
  });

  it('is the same after it was a text', () => {
    const state = stateWith(['one', 'two']);

    assert.equal(readState(stateText(state, new Date())), state);
  });

  it('is taken in part with what belongs to the part, and no more', () => {
    const { route, ...rest } = stateWith(['one', 'two']);
    const shared = route.map((each) => ({ ...each, destinations: route.flatMap(({ destinations }) => destinations) }));

    const part = partOf({ ...rest, route: shared }, (name) => name === 'two');

    assert.equal(
      part.app.map(({ name }) => name),
      ['two'],
    );
    assert.equal(
      [...part.package, ...part.droplet].map(({ app }) => app),
      [guidOf('app', 'two'), guidOf('app', 'two')],
    );
    assert.is(part.route.length, 2);
    for (const { destinations } of part.route) {
      assert.equal(
        destinations.map(({ app }) => app),
        [guidOf('app', 'two')],
      );
    }
  });

  it('does without bits that are lost, and does not start what needs them', () => {
    const state = stateWith(['one', 'two']);
    const [lost = '', alsoLost = ''] = [state.droplet[0]?.sha256, state.package[1]?.sha256 ?? undefined];

    const left = without(state, new Set([lost, alsoLost]));

    assert.equal(
      left.app.map((app) => [app.state, app.currentDroplet]),
      [
        ['STOPPED', null],
        ['STARTED', guidOf('droplet', 'two')],
      ],
    );
    assert.is(left.droplet.length, 1);
    assert.is(left.package.length, 1);
    assert.equal(without(state, new Set([sha256Of('another')])), state);
  });

  it('moves to another domain with its hosts, and joins what is there already', () => {
    const { route, ...rest } = stateWith(['one', 'two']);
    const [one, two] = route;
    if (one === undefined || two === undefined) throw new Error('There are two.');
    const elsewhere = { ...two, guid: guidOf('route', 'elsewhere'), host: 'one', domain: 'pi.lan' };
    const other = { ...one, guid: guidOf('route', 'other'), domain: 'example.org' };

    const moved = movedTo({ ...rest, route: [one, two, elsewhere, other] }, 'localhost', 'pi.lan');

    assert.equal(
      moved.route.map(({ host, domain, destinations }) => [`${host}.${domain}`, destinations.map(({ app }) => app)]),
      [
        ['one.pi.lan', [guidOf('app', 'one'), guidOf('app', 'two')]],
        ['two.pi.lan', [guidOf('app', 'two')]],
        ['one.example.org', [guidOf('app', 'one')]],
      ],
    );
  });
});
