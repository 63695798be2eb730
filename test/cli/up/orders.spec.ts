import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { type Home, homeOf } from '#assembly/home.ts';
import { Orders } from '#cli/up/orders.ts';
import { readFailure, readRequest, type UpgradeRequest, writeFailure, writeRequest } from '#cli/upgrade/request.ts';
import { KeepAppsRunning, keepsApps } from '#ground/component.ts';
import { readIfThere } from '#ground/files.ts';
import { identityOf, type ProcessIdentity } from '#ground/processes.ts';
import { scratchDirectory } from '../../support/scratch.ts';
import { describe, type Scope } from '../../support/spec.ts';

async function ordersOf(
  scope: Scope,
): Promise<{ home: Home; asked: AbortController; orders: Orders; self: ProcessIdentity }> {
  const home = homeOf(await scratchDirectory(scope), {});
  await mkdir(home.directoryOf('run'));
  const asked = new AbortController();
  const self = await identityOf(process.pid);
  if (self === undefined) throw new Error('This process is not in the process table.');
  return { home, asked, orders: scope.use(new Orders(home, asked.signal)), self };
}

function requestOf(self: ProcessIdentity, more: Partial<UpgradeRequest> = {}): UpgradeRequest {
  return { id: 'a', platform: self, author: self, version: '1.1.0', ...more };
}

describe('orders', (it) => {
  it('are to stop when somebody asks the program to, with that reason', async (scope) => {
    const { asked, orders } = await ordersOf(scope);
    const reason = new Error('Ctrl-C');

    const order = orders.next();
    asked.abort(reason);

    assert.equal(await order, { kind: 'stop' });
    assert.is(orders.stop.reason, reason);
    assert.equal(await orders.next(), { kind: 'stop' });
  });

  it('are to stop and leave the apps running at SIGUSR2', async (scope) => {
    const { orders } = await ordersOf(scope);

    process.kill(process.pid, 'SIGUSR2');

    assert.equal(await orders.next(), { kind: 'stop' });
    assert.instance(orders.stop.reason, KeepAppsRunning);
    assert.ok(keepsApps(orders.stop));
  });

  it('are to upgrade at SIGUSR2 when there is a request, which counts once', async (scope) => {
    const { home, orders, self } = await ordersOf(scope);
    const request = requestOf(self);
    await writeRequest(home, request);

    process.kill(process.pid, 'SIGUSR2');
    assert.equal(await orders.next(), { kind: 'upgrade', request });
    assert.not.ok(orders.stop.aborted);
    assert.is(await readIfThere(join(home.directoryOf('run'), 'upgrade.json')), undefined);

    process.kill(process.pid, 'SIGUSR2');
    assert.equal(await orders.next(), { kind: 'stop' });
  });

  it('are not to upgrade by a request of somebody who is gone, or to another platform', async (scope) => {
    for (const more of [
      { author: { pid: process.pid, startedAt: 'long ago' } },
      { platform: { pid: 1, startedAt: 'x' } },
    ]) {
      const { home, orders, self } = await ordersOf(scope);
      await writeRequest(home, requestOf(self, more));

      process.kill(process.pid, 'SIGUSR2');

      assert.equal(await orders.next(), { kind: 'stop' });
      orders[Symbol.dispose]();
    }
  });
});

describe('a request for an upgrade', (it) => {
  it('is none when it is damaged', async (scope) => {
    const { home, self } = await ordersOf(scope);

    for (const text of ['', '{', '{"id":"a"}']) {
      await writeFile(join(home.directoryOf('run'), 'upgrade.json'), text);
      assert.is(readRequest(home, self), undefined);
    }
  });

  it('is answered only by why it failed, and for that request', async (scope) => {
    const { home, self } = await ordersOf(scope);
    await writeFailure(home, 'a', 'it has no luck');

    assert.is(await readFailure(home, 'a'), 'it has no luck');
    assert.is(await readFailure(home, 'b'), undefined);
    await writeRequest(home, requestOf(self));
    assert.is(await readFailure(home, 'a'), undefined);
  });
});
