import * as assert from 'uvu/assert';
import { withChosenRuntime } from '#components/cloud-controller/chosen-runtime.ts';
import type { StagingRequest } from '#contract/staging.ts';
import { describe } from '../../../support/spec.ts';
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

    assert.equal(asked?.properties.framework_info, { name: 'standalone' });
    assert.equal(asked?.properties.meta, { command: './run -x' });
  });

  it('asks for the framework of 2012 that the user chose, but not for a buildpack', async (scope) => {
    const asked: (string | undefined)[] = [];
    const { cc, app, bits } = await startWithBits(scope);
    await playStager(scope, cc, async ({ properties }) => {
      asked.push(properties.framework_info.name);
      return { ...done, error: 'enough' };
    });

    for (const buildpacks of [['sinatra'], ['ruby_buildpack'], ['https://example.com/x.git'], ['rack', 'node']]) {
      await cc.store.update('app', app.guid, (now) => ({ ...now, lifecycle: { ...now.lifecycle, buildpacks } }));
      await staged(cc, bits);
    }

    assert.equal(asked, ['sinatra', 'auto', 'auto', 'auto']);
  });

  it('asks for the runtime of 2012 that the user chose, when there is such a program today', async (scope) => {
    const asked: (string | undefined)[] = [];
    const { cc, app, bits } = await startWithBits(scope);
    await playStager(scope, cc, async ({ properties }) => {
      asked.push(properties.runtime_info.name);
      return { ...done, error: 'enough' };
    });

    for (const runtime of ['ruby19', 'erlangR14B02']) {
      await cc.store.update('app', app.guid, (now) => ({ ...now, annotations: withChosenRuntime({}, runtime) }));
      await staged(cc, bits);
    }

    assert.equal(asked, ['ruby19', 'auto']);
  });
});
