import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { startLocalpaas } from '../support/localpaas.ts';
import { scratchDirectory } from '../support/scratch.ts';
import { describe } from '../support/spec.ts';

const values: Record<string, string> = {
  QUOTES: `it's "quoted" and 'quoted'`,
  LINES: 'first\nsecond\r\n\nlast\n',
  SHELL: '$HOME `id` $(id) \\ \\$ ! * ? ~ # ; & | < > {a,b} %s',
  UNICODE: 'ümläut · ✓ · 🐳 · \u202eright to left',
  EQUALS: 'a=b=c',
  BLANKS: '  leading and trailing\t ',
  EMPTY: '',
  LARGE: 'x'.repeat(100_000),
};

describe('environment values', (it) => {
  it(
    'reach the app byte for byte',
    async (scope) => {
      const paas = await startLocalpaas(scope);
      await paas.ok(['push', 'test/fixtures/echo-env', '--name', 'echo', '--env', `FROM_PUSH=${values['SHELL']}`]);
      const file = join(await scratchDirectory(scope), 'large');
      await writeFile(file, values['LARGE'] ?? '');
      for (const [name, value] of Object.entries(values)) {
        if (name === 'LARGE') await paas.ok(['set-env', 'echo', '--no-restart', name, '--file', file]);
        else await paas.ok(['set-env', 'echo', '--no-restart', '--', name, value]);
      }

      await paas.ok(['restart', 'echo']);

      const seen = JSON.parse((await paas.get('echo')).body) as Record<string, string>;
      for (const [name, value] of Object.entries(values)) assert.is(seen[name], value, name);
      assert.is(seen['FROM_PUSH'], values['SHELL']);
    },
    { timeoutMs: 120_000 },
  );

  it(
    'are a listed few: nothing of the platform leaks',
    async (scope) => {
      const paas = await startLocalpaas(scope);
      await paas.ok(['push', 'test/fixtures/echo-env', '--name', 'echo']);

      const seen = JSON.parse((await paas.get('echo')).body) as Record<string, string>;

      assert.is(seen['LOCALPAAS_HOME'], undefined);
      assert.is(seen['LOCALPAAS_NATS_SERVER'], undefined);
      assert.is(seen['PORT'], seen['VCAP_APP_PORT']);
      const application = JSON.parse(seen['VCAP_APPLICATION'] ?? '{}') as Record<string, unknown>;
      assert.is(application['name'], 'echo');
      assert.is(application['instance_index'], 0);
      assert.equal(JSON.parse(seen['VCAP_SERVICES'] ?? ''), {});
    },
    { timeoutMs: 120_000 },
  );
});
