import { existsSync } from 'node:fs';
import * as assert from 'uvu/assert';
import { withChosen } from '#components/cloud-controller/chosen-technology.ts';
import type { StagingRequest } from '#contract/staging.ts';
import { describe, type Scope } from '../../../support/spec.ts';
import { done, playStager, staged, startWithBits } from './stager.ts';

describe('staging request', (it) => {
  it('asks for what the app says, and lets the stager find the framework', async (scope) => {
    const { cc, app, bits } = await startWithBits(scope, {}, { environment: { RAILS_ENV: 'test', TEXT: 'a=b\n"c"' } });
    let asked: StagingRequest | undefined;
    await playStager(scope, cc, async (request) => {
      asked = request;
      return { ...done, error: 'enough' };
    });

    await staged(cc, bits);

    assert.is(asked?.app_id, app.guid);
    assert.is(asked?.log_id, app.guid);
    const own = cc.address.replace('http://', '').replace('.', '\\.');
    assert.match(asked?.download_uri ?? '', new RegExp(`^http://staging:[\\w-]{24}@${own}/staging/app/${app.guid}$`));
    assert.match(asked?.download_file ?? '', new RegExp(`/blobs/[0-9a-f]{2}/${bits.sha256}$`));
    assert.ok(existsSync(asked?.download_file ?? ''));
    assert.match(asked?.upload_uri ?? '', new RegExp(`^http://.*/staging/droplet/${app.guid}/[0-9a-f]{32}$`));
    assert.equal(asked?.properties, {
      services: [],
      framework_info: { name: 'auto' },
      runtime_info: { name: 'auto' },
      resources: { memory: 256, disk: 1024, fds: 1024 },
      environment: ['RAILS_ENV=test', 'TEXT=a=b\n"c"'],
    });
  });

  it('asks for a standalone app when the user gave the command', async (scope) => {
    const { cc, app, bits } = await startWithBits(scope);
    const [web] = app.processes;
    if (web === undefined) throw new Error('The app has no process.');
    await cc.store.update('app', app.guid, (now) => ({ ...now, processes: [{ ...web, command: './run -x' }] }));
    let asked: StagingRequest | undefined;
    await playStager(scope, cc, async (request) => {
      asked = request;
      return { ...done, error: 'enough' };
    });

    await staged(cc, bits);

    assert.is(asked?.properties.framework_info.name, 'standalone');
    assert.equal(asked?.properties.meta, { command: './run -x' });
  });

  it('asks for the framework of 2012 that the user chose, then without buildpacks', async (scope) => {
    const asked = await askedFor(scope, ['sinatra']);

    assert.is(asked?.properties.framework_info.name, 'sinatra');
    assert.is(asked?.lifecycle_data, undefined);
  });

  it('names all buildpacks in their order when nobody chose one, and leaves the choice to the stager', async (scope) => {
    const asked = await askedFor(scope, []);

    assert.is(asked?.properties.framework_info.name, 'auto');
    assert.is(asked?.lifecycle, undefined);
    const { buildpacks, skip_detect } = asked?.lifecycle_data ?? {};
    assert.is(skip_detect, false);
    assert.equal(buildpacks?.slice(0, 3), [
      { name: 'java', key: 'java' },
      { name: 'ruby', key: 'ruby' },
      { name: 'node', key: 'node' },
    ]);
  });

  it('names the buildpacks that the user chose, by their own names or those of other platforms, or by URL', async (scope) => {
    const url = 'https://example.com/x.git#v1';

    const asked = await askedFor(scope, ['nodejs_buildpack', 'php', url]);

    assert.is(asked?.lifecycle, 'buildpack');
    assert.is(asked?.lifecycle_data?.skip_detect, true);
    assert.equal(asked?.lifecycle_data?.buildpacks, [
      { name: 'node', key: 'node' },
      { name: 'php', key: 'php' },
      { name: 'custom', key: url, url },
    ]);
  });

  it('lets the stager find out when the user named a buildpack of other platforms that is not here', async (scope) => {
    const asked = await askedFor(scope, ['dotnet_core_buildpack']);

    assert.is(asked?.lifecycle, undefined);
    assert.is(asked?.properties.framework_info.name, 'auto');
  });

  it('tells buildpacks what they find in the environment elsewhere', async (scope) => {
    const asked = await askedFor(scope, []);

    const env = Object.fromEntries(asked?.lifecycle_data?.environment?.map(({ name, value }) => [name, value]) ?? []);
    assert.equal(Object.keys(env).sort(), [
      'CF_STACK',
      'MEMORY_LIMIT',
      'STACKATO_APP_NAME',
      'STACKATO_APP_NAME_UPCASE',
      'STACKATO_SERVICES',
      'VCAP_APPLICATION',
      'VCAP_SERVICES',
    ]);
    assert.is(env['MEMORY_LIMIT'], '256m');
    assert.is(JSON.parse(env['VCAP_APPLICATION'] ?? '').application_name, 'hello');
  });

  it('carries hooks with what they see, and variables that are not for the running app alone', async (scope) => {
    const hooks = { 'pre-staging': ['./prepare'], 'pre-running': ['./begin'] };
    const scopes = { RUN: 'runtime', BUILD: 'staging' };
    const { cc, bits } = await startWithBits(
      scope,
      {},
      {
        name: 'my-shop',
        environment: { RUN: '1', BUILD: '2', BOTH: '3' },
        annotations: { 'localpaas/hooks': JSON.stringify(hooks), 'localpaas/env-scopes': JSON.stringify(scopes) },
      },
    );
    let asked: StagingRequest | undefined;
    await playStager(scope, cc, async (request) => {
      asked = request;
      return { ...done, error: 'enough' };
    });

    await staged(cc, bits);

    assert.equal(asked?.properties.environment, ['BUILD=2', 'BOTH=3']);
    const { environment, ...others } = asked?.hooks ?? {};
    assert.equal(others, hooks);
    const upcase = environment?.find(({ name }) => name === 'STACKATO_APP_NAME_UPCASE');
    assert.is(upcase?.value, 'MY_SHOP');
  });

  it('tells of the framework and the runtime all that is known, for stagers that have no copy of it', async (scope) => {
    const lifecycle = { type: 'buildpack' as const, buildpacks: ['sinatra'] };
    const annotations = withChosen({}, { runtime: 'ruby19' });
    const { cc, bits } = await startWithBits(scope, {}, { annotations });
    await cc.store.update('app', bits.app, (now) => ({ ...now, lifecycle: { ...now.lifecycle, ...lifecycle } }));
    let asked: StagingRequest | undefined;
    await playStager(scope, cc, async (request) => {
      asked = request;
      return { ...done, error: 'enough' };
    });

    await staged(cc, bits);

    const { framework_info, runtime_info } = asked?.properties ?? {};
    assert.equal(framework_info?.runtimes, [{ ruby18: { default: true } }, { ruby19: { default: false } }]);
    assert.match(JSON.stringify(framework_info?.detection), /^\[\{"\*\.rb":".*sinatra/);
    const { name, executable, version } = runtime_info ?? {};
    assert.equal([name, executable, version], ['ruby19', 'ruby', '1.9.2']);
  });

  it('asks for the runtime of 2012 that the user chose, when there is such a program today', async (scope) => {
    const asked: (string | undefined)[] = [];
    const { cc, app, bits } = await startWithBits(scope);
    await playStager(scope, cc, async ({ properties }) => {
      asked.push(properties.runtime_info.name);
      return { ...done, error: 'enough' };
    });

    for (const runtime of ['ruby19', 'erlangR14B02']) {
      await cc.store.update('app', app.guid, (now) => ({ ...now, annotations: withChosen({}, { runtime }) }));
      await staged(cc, bits);
    }

    assert.equal(asked, ['ruby19', 'auto']);
  });
});

/** What a stager is asked when an app has these buildpacks. */
async function askedFor(scope: Scope, buildpacks: readonly string[]): Promise<StagingRequest | undefined> {
  const { cc, app, bits } = await startWithBits(scope);
  let asked: StagingRequest | undefined;
  await playStager(scope, cc, async (request) => {
    asked = request;
    return { ...done, error: 'enough' };
  });
  await cc.store.update('app', app.guid, (now) => ({ ...now, lifecycle: { ...now.lifecycle, buildpacks } }));
  await staged(cc, bits);
  return asked;
}
