import { existsSync, lstatSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { scratchDirectory } from '../../support/scratch.ts';
import { describe } from '../../support/spec.ts';
import { stage } from './apps.ts';

const release = { 'bin/shop': '', 'releases/2/shop.rel': '{release}' };
const withErts = {
  ...release,
  'releases/start_erl.data': '5.9 2\n',
  'erts-5.9/bin/erl': 'own',
  'lib/kernel-2.15/x': '',
};

describe('a release of Erlang', (it) => {
  it('keeps its own Erlang where the machine has none', async (scope) => {
    const { droplet, startCommand, runtime } = await stage(scope, withErts, { env: {} });

    assert.equal([startCommand, runtime], ['sh bin/shop console', '']);
    assert.is(readFileSync(join(droplet, 'app/erts-5.9/bin/erl'), 'utf8'), 'own');
    assert.ok(lstatSync(join(droplet, 'app/lib/kernel-2.15')).isDirectory());
  });

  it('gets its arguments from etc/vmc.args when it starts, as they stand', async (scope) => {
    const source = { ...withErts, 'etc/vmc.args': '+A 5\n\n-env HOME "$HOME"\n' };

    const { droplet } = await stage(scope, source, { env: {} });

    const lines = readFileSync(join(droplet, 'startup'), 'utf8').split('\n');
    assert.equal(lines.slice(lines.indexOf('cd app') + 1, -5), [
      'echo "+A 5" >>etc/vm.args',
      'echo "-env HOME \\"\\$HOME\\"" >>etc/vm.args',
      'echo "-name erl$VMC_APP_PORT@`hostname`" >>etc/vm.args',
    ]);
    assert.is(readFileSync(join(droplet, 'app/etc/vm.args'), 'utf8'), '\n+B\n-noinput\n');
  });

  const refusals = {
    'Erlang that is nowhere': {
      source: { ...release, 'releases/start_erl.data': '5.9 2\n' },
      says: /needs erts-5\.9 of Erlang, which is neither in it nor on this machine/,
    },
    'Erlang of any version': { source: release, says: /needs erts of Erlang/ },
    'a file that starts it': { source: { 'releases/2/shop.rel': 'x' }, says: /The release 'shop' has no bin\/shop/ },
    'a .rel': { source: { 'bin/shop': '' }, says: /there is no releases\/\*\/\*\.rel/ },
  };
  for (const [what, { source, says }] of Object.entries(refusals)) {
    it(`is refused without ${what}`, async (scope) => {
      const destDir = join(await scratchDirectory(scope), 'droplet');

      const failure = await stage(scope, source, { framework: 'otp_rebar', env: {}, destDir }).catch(String);

      assert.match(String(failure), says);
      assert.not(existsSync(destDir));
    });
  }
});
