import { once } from 'node:events';
import { connect } from 'node:net';
import * as assert from 'uvu/assert';
import { homeOf, readPlatformRecord } from '#assembly/home.ts';
import { listeningPortsOf } from '#ground/ports.ts';
import { assertAllServed, visitAll } from '../support/installed.ts';
import { firstInstance } from '../support/instances.ts';
import { emptyHome, environmentOf, runCommand, startLocalpaas } from '../support/localpaas.ts';
import { describe } from '../support/spec.ts';

describe('upgrade --restart', (it) => {
  it(
    'has the platform start again while all requests are answered and apps go on',
    async (scope) => {
      const paas = await startLocalpaas(scope);
      await paas.ok(['push', 'sample-apps/hello-node']);
      const app = await firstInstance(paas, 'hello-node');
      const visitors = visitAll(scope, paas);
      // In the middle of a request: it gets its answer from the platform that goes.
      const slow = connect(paas.port, '127.0.0.1');
      slow.write(`GET / HTTP/1.1\r\nHost: hello-node.localhost:${paas.port}\r\n`);
      await once(slow, 'connect');

      const told = JSON.parse(await paas.ok(['upgrade', '--restart', '--json']));
      slow.write('\r\n');
      const [answer] = await once(slow, 'data');
      slow.destroy();

      const record = await readPlatformRecord(homeOf(paas.home, {}));
      assert.is(told.platform.pid, record?.pid);
      assert.is.not(record?.pid, paas.pid);
      assert.is(record?.url, paas.url);
      assert.is((await firstInstance(paas, 'hello-node')).pid, app.pid);
      assert.match(String(answer), /^HTTP\/1\.1 200 OK\r\n.*connection: close\r\n/is);
      assert.not.ok(listeningPortsOf([app.pid, record?.natsServerPid ?? 0]).includes(paas.port));
      await paas.ok(['push', 'sample-apps/hello-node', '--name', 'another']);
      const another = await firstInstance(paas, 'another');
      assert.not.ok(listeningPortsOf([another.pid]).includes(paas.port));
      assertAllServed(await visitors.stop());
    },
    { timeoutMs: 120_000 },
  );

  it('says when no platform runs', async (scope) => {
    const { code, err } = await runCommand(['upgrade', '--restart'], await environmentOf(await emptyHome(scope)));

    assert.is(code, 3);
    assert.match(err, 'localpaas up');
  });
});
