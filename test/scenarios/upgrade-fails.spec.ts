import { readdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import * as assert from 'uvu/assert';
import { identityOf } from '#ground/processes.ts';
import { makeExecutable } from '../support/executables.ts';
import { assertAllServed, upFrom, visitAll } from '../support/installed.ts';
import { firstInstance } from '../support/instances.ts';
import { describe } from '../support/spec.ts';

describe('an upgrade that fails', (it) => {
  for (const [what, instead] of [
    ['ends before it could take over', { name: 'sayWaiting', body: 'process.abort();' }],
    ['fails after it took over', { name: 'startComponents', body: 'throw new Error("a part is missing");' }],
  ] as const) {
    it(
      `leaves everything as it was when the new version ${what}`,
      async (scope) => {
        const paas = await upFrom(scope, '1.0.0');
        await paas.ok(['push', 'sample-apps/hello-node']);
        const app = await firstInstance(paas, 'hello-node');
        const before = await paas.record();
        const visitors = visitAll(scope, paas);
        const file = await makeExecutable(`${paas.path}-1.1.0`, { version: '1.1.0', instead });

        const { code, err } = await paas.run(['upgrade', '--from', file]);

        assert.is(code, 1);
        assert.match(err, 'localpaas 1.1.0 did not come up');
        assert.match(err, `localpaas 1.0.0 serves (pid ${before.pid})`);
        if (instead.name === 'startComponents') assert.match(err, 'a part is missing');
        assert.match(await paas.ok(['--version']), '1.0.0');
        assert.equal((await readdir(dirname(paas.path))).sort(), ['localpaas', 'localpaas-1.1.0']);
        assert.is((await paas.record()).pid, before.pid);
        assert.is((await firstInstance(paas, 'hello-node')).pid, app.pid);
        await paas.ok(['set-env', 'hello-node', 'A', 'b', '--no-restart']);
        assertAllServed(await visitors.stop());
        await paas.ok(['down']);
        assert.is(await identityOf(app.pid), undefined);
      },
      { timeoutMs: 120_000 },
    );
  }
});
