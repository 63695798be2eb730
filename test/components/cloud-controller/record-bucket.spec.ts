import * as assert from 'uvu/assert';
import { waitFor } from '#ground/wait.ts';
import { describe } from '../../support/spec.ts';
import { standStill } from '../../support/stand-still.ts';
import { openStore, refusalOf } from './open-store.ts';
import { appRecord } from './records.ts';

describe('the store, while its server is in trouble,', (it) => {
  it('finishes its writes when the server is killed under them and comes back', async (scope) => {
    const { store, server, reopen } = await openStore(scope);
    const apps = Array.from({ length: 5 }, (_, index) => appRecord({ name: `app ${index}` }));
    for (const app of apps) await store.create('app', app);

    process.kill(server.pid(), 'SIGKILL');
    await Promise.all(
      apps.map(({ guid }) => store.update('app', guid, (app) => ({ ...app, runCount: app.runCount + 1 }))),
    );

    assert.equal(
      store.all('app').map(({ runCount }) => runCount),
      [1, 1, 1, 1, 1],
    );
    assert.equal((await reopen()).all('app'), store.all('app'));
  });

  it(
    'follows what others write after the server came back',
    async (scope) => {
      const { store, server, openOther } = await openStore(scope);
      const other = await openOther();
      const app = appRecord({ name: 'before' });
      await store.create('app', app);

      process.kill(server.pid(), 'SIGKILL');
      await store.update('app', app.guid, (record) => ({ ...record, name: 'after' }));

      const seen = () => (other.get('app', app.guid)?.name === 'after' ? true : undefined);
      await waitFor('the other one to see it', seen, { limitMs: 20_000 });
    },
    { timeoutMs: 120_000 },
  );

  it(
    'comes to know a write whose answer came too late',
    async (scope) => {
      const { store, server } = await openStore(scope);
      const app = appRecord({ name: 'before' });
      await store.create('app', app);
      const pid = server.pid();

      await standStill(pid);
      const error = await refusalOf(store.update('app', app.guid, (record) => ({ ...record, name: 'after' }))).finally(
        () => process.kill(pid, 'SIGCONT'),
      );

      assert.is(error.title, 'CF-ServiceUnavailable');
      const seen = () => (store.get('app', app.guid)?.name === 'after' ? true : undefined);
      await waitFor('the late write', seen, { limitMs: 15_000 });
      await store.update('app', app.guid, (record) => ({ ...record, runCount: 1 }));
    },
    { timeoutMs: 120_000 },
  );

  it(
    'says that the bus does not answer, and changes nothing, while the server is away',
    async (scope) => {
      const { store, server } = await openStore(scope);
      const app = appRecord({ name: 'steady' });
      await store.create('app', app);
      await server[Symbol.asyncDispose]();

      const error = await refusalOf(store.update('app', app.guid, (record) => ({ ...record, name: 'changed' })));

      assert.is(error.title, 'CF-ServiceUnavailable');
      assert.match(error.message, /could not store the app: its message bus does not answer\. Try again in a moment\./);
      assert.equal(store.all('app'), [app]);
    },
    { timeoutMs: 120_000 },
  );
});
