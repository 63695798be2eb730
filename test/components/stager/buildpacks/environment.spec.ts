import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { stagingEnvironmentOf } from '#components/stager/buildpacks/environment.ts';
import type { StagingRequest } from '#contract/staging.ts';
import { scratchDirectory } from '../../../support/scratch.ts';
import { describe } from '../../../support/spec.ts';
import { propertiesOf } from '../../../workload/lifecycle/apps.ts';

const request: StagingRequest = {
  download_uri: 'http://a',
  upload_uri: 'http://b',
  properties: propertiesOf({ environment: ['GREETING=hello=you', 'EMPTY=', 'LANG=de_DE.UTF-8'] }),
  lifecycle_data: {
    buildpacks: [],
    stack: 'host',
    environment: [
      { name: 'VCAP_APPLICATION', value: '{"name":"x"}' },
      { name: 'MEMORY_LIMIT', value: '64m' },
    ],
  },
};
const places = { home: '/task/home', tmp: '/task/tmp', path: '/bin', limitSeconds: 900 };

describe('the environment of buildpacks', (it) => {
  it('has what Cloud Foundry gives, and the variables of the user, which win', () => {
    const { all, app } = stagingEnvironmentOf(request, { ...places, env: {} });

    assert.equal(all, {
      PATH: '/bin',
      HOME: '/task/home',
      TMPDIR: '/task/tmp',
      CF_STACK: 'host',
      STACK: 'host',
      STAGING_TIMEOUT: '900.0',
      VCAP_APPLICATION: '{"name":"x"}',
      MEMORY_LIMIT: '64m',
      GREETING: 'hello=you',
      EMPTY: '',
      LANG: 'de_DE.UTF-8',
    });
    assert.equal(app, { GREETING: 'hello=you', EMPTY: '', LANG: 'de_DE.UTF-8' });
  });

  it('lets through how the network is reached, and nothing else of the platform', () => {
    const env = {
      https_proxy: 'http://proxy',
      npm_config_registry: 'http://npm',
      AWS_SECRET: 's',
      npm_config_prefix: '/x',
    };

    const { all } = stagingEnvironmentOf(request, { ...places, env });

    assert.is(all['https_proxy'], 'http://proxy');
    assert.is(all['npm_config_registry'], 'http://npm');
    assert.is(all['AWS_SECRET'], undefined);
    assert.is(all['npm_config_prefix'], undefined);
  });

  it("shows package managers the settings in the user's home, which the task's own hides", async (scope) => {
    const home = await scratchDirectory(scope);
    await writeFile(join(home, '.npmrc'), '');

    const { all } = stagingEnvironmentOf(request, { ...places, env: { HOME: home } });

    assert.is(all['NPM_CONFIG_USERCONFIG'], join(home, '.npmrc'));
    assert.is(all['PIP_CONFIG_FILE'], undefined);
    assert.is(all['HOME'], '/task/home');
  });
});
