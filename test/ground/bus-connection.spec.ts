import * as assert from 'uvu/assert';
import { Bus } from '#ground/bus.ts';
import { signalProcess } from '#ground/child.ts';
import { ActionableError } from '#ground/errors.ts';
import { silentLog } from '#ground/log.ts';
import { waitFor, within } from '#ground/wait.ts';
import { describe } from '../support/spec.ts';
import { thrownBy } from '../support/thrown.ts';
import { double, ping, startPeers } from './bus-peers.ts';

describe('a connection to the bus', (it) => {
  it('names the address where nobody answers', async (scope) => {
    const { server, address } = await startPeers(scope);
    await server[Symbol.asyncDispose]();

    const error = await thrownBy(() => Bus.connect(address, 'test', silentLog));

    assert.instance(error, ActionableError);
    assert.is((error as ActionableError).code, 'NOBODY_ANSWERED');
    assert.is(error.message, `No message bus answered at ${address.url}.`);
    assert.match((error as ActionableError).remedy, 'localpaas up');
  });

  it('knows its server', async (scope) => {
    const { us, address } = await startPeers(scope);

    assert.is(`nats://${us.server}`, address.url);
  });

  it('comes back with its subscriptions when the server was killed, and says so each time', async (scope) => {
    const { us, them, server } = await startPeers(scope);
    let reconnects = 0;
    scope.use(
      them.onReconnect(() => {
        throw new Error('a listener that fails');
      }),
    );
    scope.use(
      them.onReconnect(() => {
        reconnects += 1;
      }),
    );
    scope.use(them.answer(double, ({ n }) => ({ n: n * 2 })));

    for (const times of [1, 2]) {
      signalProcess(server.pid(), 'SIGKILL');
      await waitFor('the connection', () => (reconnects === times ? true : undefined), { limitMs: 15_000 });
      await them.flush();

      const answered = async () => await us.ask(double, { n: 4 }, { limitMs: 200 }).catch(() => undefined);
      assert.equal(await waitFor('an answer', answered, { limitMs: 15_000 }), { n: 8 });
    }
  });

  it('tells nobody of a reconnection who does not want to know any more', async (scope) => {
    const { them, server } = await startPeers(scope);
    let told = 0;
    const listener = them.onReconnect(() => {
      told += 1;
    });
    const isBack = new Promise<void>((resolve) => scope.use(them.onReconnect(resolve)));

    listener[Symbol.dispose]();
    signalProcess(server.pid(), 'SIGKILL');
    await within(15_000, 'the reconnection', isBack);

    assert.is(told, 0);
  });

  it('sends what is still to be sent before it closes', async (scope) => {
    const { us, them } = await startPeers(scope);
    const seen: number[] = [];
    scope.use(them.subscribe(ping, ({ n }) => void seen.push(n)));
    await them.flush();

    for (let n = 0; n < 1_000; n += 1) us.publish(ping, { n, name: 'x'.repeat(1_000) });
    await us[Symbol.asyncDispose]();
    await us[Symbol.asyncDispose]();

    await waitFor('all of them', () => (seen.length === 1_000 ? true : undefined), { limitMs: 15_000 });
  });

  it('closes at once when there is no server', async (scope) => {
    const { them, server, logged } = await startPeers(scope);
    await server[Symbol.asyncDispose]();
    await waitFor('the loss', () => logged('bus lost')[0], { limitMs: 15_000 });
    const startedAt = performance.now();

    await them[Symbol.asyncDispose]();

    // It waits for a server that does not answer, but not when there is none.
    assert.ok(performance.now() - startedAt < 1_900, `it took ${performance.now() - startedAt} ms`);
  });
});
