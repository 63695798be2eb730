import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { homeOf, readPlatformRecord } from '#assembly/home.ts';
import { waitFor } from '#ground/wait.ts';
import { makeExecutable } from '../support/executables.ts';
import { assertAllServed, install, visitAll } from '../support/installed.ts';
import { firstInstance } from '../support/instances.ts';
import { emptyHome, environmentOf, runCommand } from '../support/localpaas.ts';
import { scratchDirectory } from '../support/scratch.ts';
import { runService } from '../support/service-manager.ts';
import { describe, type Scope } from '../support/spec.ts';

async function serviceOf(scope: Scope) {
  const path = await install(scope, '1.0.0');
  const home = await emptyHome(scope);
  const env = await environmentOf(home);
  // The port it is told is not the one it has.
  const service = await runService(scope, [path, 'up', '--port', '1', '--bus-port', '0'], env);
  const record = () => waitFor('the platform', () => readPlatformRecord(homeOf(home, {})), { limitMs: 20_000 });
  await record();
  const run = (...args: string[]) => runCommand(args, env);
  const ok = async (args: readonly string[]) => {
    const { code, out, err } = await run(...args);
    assert.is(code, 0, err);
    return out;
  };
  return { ...service, record, run, ok };
}

describe('upgrade of a service', (it) => {
  it(
    'leaves it to the service manager to start the new version, while requests wait',
    async (scope) => {
      const service = await serviceOf(scope);
      const before = await service.record();
      assert.is(before.url, `http://127.0.0.1:${service.port}`);
      await service.ok(['push', 'sample-apps/hello-node']);
      const app = await firstInstance(service, 'hello-node');
      const visitors = visitAll(scope, service);
      const file = await makeExecutable(join(await scratchDirectory(scope), 'fresh'), { version: '1.1.0' });

      await service.ok(['upgrade', '--from', file]);

      assert.equal(await service.exits(), [75]);
      const after = await service.record();
      assert.equal([after.version, after.url], ['1.1.0', before.url]);
      assert.is.not(after.pid, before.pid);
      assert.is((await firstInstance(service, 'hello-node')).pid, app.pid);
      assertAllServed(await visitors.stop());
      await service.ok(['down']);
    },
    { timeoutMs: 120_000 },
  );

  it(
    'puts the old version back when the new one does not come up',
    async (scope) => {
      const service = await serviceOf(scope);
      await service.ok(['push', 'sample-apps/hello-node']);
      const app = await firstInstance(service, 'hello-node');
      const visitors = visitAll(scope, service);
      const [directory, version] = [await scratchDirectory(scope), '1.1.0'];
      const early = { name: 'sayWaiting', body: 'throw new Error("a part is missing");' };
      const late = { name: 'startComponents', body: 'throw new Error("a part is missing");' };
      const [one, other] = [join(directory, 'one'), join(directory, 'other')];
      await makeExecutable(one, { version, instead: early });
      await makeExecutable(other, { version, instead: late });

      const first = await service.run('upgrade', '--from', one);
      assert.is(first.code, 1);
      assert.match(first.err, 'did not come up');
      assert.equal(await service.exits(), []);

      const second = await service.run('upgrade', '--from', other);
      assert.is(second.code, 1);
      assert.match(second.err, 'did not come up: a part is missing');
      assert.match(second.err, 'localpaas 1.0.0 serves again');
      assert.is((await service.exits())[0], 75);
      assert.is((await service.record()).version, '1.0.0');
      assert.is((await firstInstance(service, 'hello-node')).pid, app.pid);
      assertAllServed(await visitors.stop());
      await service.ok(['down']);
    },
    { timeoutMs: 120_000 },
  );
});
