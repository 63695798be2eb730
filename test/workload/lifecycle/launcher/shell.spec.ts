import * as assert from 'uvu/assert';
import { shellScript } from '#workload/lifecycle/launcher/index.ts';
import { describe } from '../../../support/spec.ts';
import { aDroplet, recordingOf, runIn, waysTo } from './a-droplet.ts';

const env = {
  HOME: '/',
  INSTANCE_GUID: 'ig-1',
  INSTANCE_INDEX: '0',
  PORT: '8080',
  VCAP_APPLICATION: '{"application_name":"tiny","limits":{"mem":64,"disk":128,"fds":16384}}',
};

describe('the shell', (it) => {
  const recorded: Readonly<Record<string, readonly string[]>> = {
    cmd: ['app', 'pwd; env | grep -E "^(DEPS_DIR|FROM|HOME|TMPDIR|VCAP)" | sort'],
    home: ['app'],
    nodir: [],
  };
  for (const [name, args] of Object.entries(recorded)) {
    it(`does as the original in ${name}`, async (scope) => {
      const droplet = await aDroplet(scope);
      for (const way of await waysTo(scope, 'shell', shellScript)) {
        const said = await runIn(droplet, way, args, { ...env, HOME: droplet });
        assert.equal({ way: way.is, ...said }, { way: way.is, ...(await recordingOf('shell', name)) });
      }
    });
  }

  it('says which directory is missing, and exits as its command does', async (scope) => {
    const droplet = await aDroplet(scope);
    for (const way of await waysTo(scope, 'shell', shellScript)) {
      assert.equal(await runIn(droplet, way, ['none']), {
        code: 1,
        out: '',
        err: 'Provided app direcory does not exist',
      });
      const guess = { code: 1, out: '', err: 'Could not infer app directory, please provide one' };
      assert.equal(await runIn(droplet, way, [], env), guess);
      assert.is((await runIn(droplet, way, ['app', 'exit 3', '-credhubRetryDelay=1s'])).code, 3);
      assert.is((await runIn(droplet, way, ['app', 'exit 3', '-x'])).code, 2);
    }
  });
});
