import * as assert from 'uvu/assert';
import { ApiError } from '#contract/api/errors.ts';
import { Bucket } from '#ground/bucket.ts';
import { Bus } from '#ground/bus.ts';
import { waitFor } from '#ground/wait.ts';
import { changedEnvironment } from '../../../src/components/cloud-controller/environment.ts';
import type { AppRecord } from '../../../src/components/cloud-controller/records.ts';
import type { Store } from '../../../src/components/cloud-controller/store.ts';
import { describe } from '../../support/spec.ts';
import { openStore, refusalOf } from './open-store.ts';
import { appRecord } from './records.ts';

const withEnvironment = (environment: Record<string, string>) => (app: AppRecord) => ({
  ...app,
  environment: changedEnvironment(app.environment, environment),
});

describe('the store of the desired state', (it) => {
  it('shows what was written at once, and to the next one who opens it', async (scope) => {
    const { store, reopen } = await openStore(scope);
    const app = appRecord({ name: 'hello' });

    await store.create('app', app);

    assert.equal(store.get('app', app.guid), app);
    assert.equal(store.all('app'), [app]);
    assert.equal((await reopen()).get('app', app.guid), app);
  });

  it('lists records oldest first, whatever order they came in', async (scope) => {
    const { store, reopen } = await openStore(scope);
    const young = appRecord({ name: 'young', createdAt: '2030-01-02T00:00:00.000Z' });
    const old = appRecord({ name: 'old', createdAt: '2030-01-01T00:00:00.000Z' });

    await store.create('app', young);
    await store.create('app', old);

    assert.equal(
      store.all('app').map(({ name }) => name),
      ['old', 'young'],
    );
    assert.equal(
      (await reopen()).all('app').map(({ name }) => name),
      ['old', 'young'],
    );
  });

  it('keeps every byte of environment values', async (scope) => {
    const { store, reopen } = await openStore(scope);
    const environment = {
      QUOTES: `a"b'c\\d`,
      LINES: 'one\ntwo\r\n\tthree\n',
      SHELL: '$HOME `id` $(id) ${'.concat('x} %VCAP% !! #'),
      UNICODE: 'Grüße 🚀 \u2028 é e\u0301 ﷽',
      CONTROL: '\u0001\u001b[31m\u007f',
      EMPTY: '',
      LONG: 'x"\\\n'.repeat(25_000),
    };
    const app = appRecord({ name: 'env' });
    await store.create('app', app);

    await store.update('app', app.guid, withEnvironment(environment));

    assert.equal(store.get('app', app.guid)?.environment, environment);
    assert.equal((await reopen()).get('app', app.guid)?.environment, environment);
  });

  it('refuses a record the bus cannot carry, and keeps the old one', async (scope) => {
    const { store } = await openStore(scope);
    const app = appRecord({ name: 'large' });
    await store.create('app', app);

    const error = await refusalOf(store.update('app', app.guid, withEnvironment({ BIG: 'x'.repeat(1_100_000) })));

    assert.is(error.title, 'CF-UnprocessableEntity');
    assert.match(
      error.message,
      /This app would take 11\d{5} bytes; at most 1000000 can be stored\. Shorten its environment/,
    );
    assert.equal(store.get('app', app.guid), app);
  });

  it('carries a record just below the limit', async (scope) => {
    const { store, reopen } = await openStore(scope);
    const app = appRecord({ name: 'nearly' });
    await store.create('app', app);

    await store.update('app', app.guid, withEnvironment({ BIG: 'x'.repeat(999_000) }));

    assert.is((await reopen()).get('app', app.guid)?.environment['BIG']?.length, 999_000);
  });

  it('says which record is missing', async (scope) => {
    const { store } = await openStore(scope);

    const error = await refusalOf(store.update('route', 'nowhere', (route) => route));

    assert.is(error.title, 'CF-ResourceNotFound');
    assert.is(error.message, 'Route not found');
  });

  it('leaves everything as it is when a change refuses', async (scope) => {
    const { store } = await openStore(scope);
    const app = appRecord({ name: 'calm' });
    await store.create('app', app);

    const refusal = new ApiError('CF-UnprocessableEntity', 'no');
    const error = await refusalOf(
      store.update('app', app.guid, () => {
        throw refusal;
      }),
    );

    assert.is(error, refusal);
    assert.equal(store.get('app', app.guid), app);
  });

  it('writes nothing when a change returns the record it was given', async (scope) => {
    const { store } = await openStore(scope);
    const app = appRecord({ name: 'same' });
    await store.create('app', app);
    let changes = 0;
    scope.use(
      store.onChange('app', () => {
        changes += 1;
      }),
    );

    assert.is(await store.update('app', app.guid, (record) => record), store.get('app', app.guid));

    assert.is(changes, 0);
  });

  it('loses no change when many change one record at once', async (scope) => {
    const { store, openOther } = await openStore(scope);
    const other = await openOther();
    const app = appRecord({ name: 'busy' });
    await store.create('app', app);
    await waitFor('the other store to see it', () => other.get('app', app.guid), { limitMs: 15_000 });
    const count = (record: AppRecord) => ({ ...record, runCount: record.runCount + 1 });

    await Promise.all([
      ...Array.from({ length: 10 }, () => store.update('app', app.guid, count)),
      ...Array.from({ length: 3 }, () => other.update('app', app.guid, count)),
    ]);

    for (const each of [store, other]) {
      await waitFor('all changes', () => (each.get('app', app.guid)?.runCount === 13 ? true : undefined), {
        limitMs: 15_000,
      });
    }
  });

  it('sees what others create, change and delete', async (scope) => {
    const { store, openOther } = await openStore(scope);
    const other = await openOther();
    const seen: string[] = [];
    scope.use(
      store.onChange('app', ({ before, now }) => void seen.push(`${before?.name ?? '-'} → ${now?.name ?? '-'}`)),
    );
    const app = appRecord({ name: 'theirs' });

    const until = (count: number) =>
      waitFor(`change ${count}`, () => (seen.length === count ? true : undefined), { limitMs: 15_000 });

    // One after the other: a change that is overwritten at once need not be told of.
    await other.create('app', app);
    await until(1);
    await other.update('app', app.guid, (record) => ({ ...record, name: 'renamed' }));
    await until(2);
    await other.delete('app', app.guid);
    await until(3);

    assert.equal(seen, ['- → theirs', 'theirs → renamed', 'renamed → -']);
    assert.is(store.get('app', app.guid), undefined);
  });

  it('tells listeners once of each change of its own', async (scope) => {
    const { store, bus } = await openStore(scope);
    const seen: (string | undefined)[] = [];
    scope.use(store.onChange('app', ({ now }) => void seen.push(now?.name)));
    const app = appRecord({ name: 'one' });

    await store.create('app', app);
    await store.update('app', app.guid, (record) => ({ ...record, name: 'two' }));
    await store.delete('app', app.guid);
    const other = appRecord({ name: 'three' });
    await store.create('app', other);
    await echoOf(store, bus, other.guid);

    assert.equal(seen.slice(0, 4), ['one', 'two', undefined, 'three']);
    assert.is(seen.filter((name) => name !== 'echo').length, 4);
  });

  it('does not bring a deleted record back, and can create it anew', async (scope) => {
    const { store, bus, reopen } = await openStore(scope);
    const app = appRecord({ name: 'phoenix' });

    await store.create('app', app);
    await store.delete('app', app.guid);
    await store.delete('app', app.guid);
    assert.is(store.get('app', app.guid), undefined);
    await store.create('app', { ...app, name: 'again' });
    await echoOf(store, bus, app.guid);

    assert.is((await reopen()).all('app').length, 1);
  });

  it('refuses to create a record twice', async (scope) => {
    const { store } = await openStore(scope);
    const app = appRecord({ name: 'once' });
    await store.create('app', app);

    const error = await refusalOf(store.create('app', { ...app, name: 'twice' }));

    assert.is(error.title, 'CF-UniquenessError');
    assert.is(store.get('app', app.guid)?.name, 'once');
  });

  it('passes over what it cannot read', async (scope) => {
    const { bus, store, reopen } = await openStore(scope);
    const app = appRecord({ name: 'good' });
    await store.create('app', app);
    const bucket = await Bucket.open<unknown>(bus, 'cloud-controller');

    await bucket.put('app.someone-else', { guid: 'another' });
    await bucket.put('app.text', 'text');
    await bucket.put('app.nothing', null);
    await bucket.put('planet.earth', { guid: 'earth' });
    Bus.connectionOf(bus).publish('$KV.cloud-controller.app.noise', 'this is not JSON');
    await bus.flush();
    const other = appRecord({ name: 'late' });
    await store.create('app', other);

    assert.equal((await reopen()).all('app'), [app, other]);
    await waitFor(
      'the change of another',
      async () => {
        await bucket.put(`app.${app.guid}`, { ...app, name: 'seen' });
        return store.get('app', app.guid)?.name === 'seen' ? true : undefined;
      },
      { limitMs: 15_000 },
    );
  });

  it('runs work of one key one after the other, also after a failure', async (scope) => {
    const { store } = await openStore(scope);
    const order: string[] = [];
    const work = (name: string) => async () => {
      order.push(`${name} begins`);
      await new Promise((resolve) => setImmediate(resolve));
      order.push(`${name} ends`);
      if (name === 'first') throw new Error(name);
    };

    const results = await Promise.allSettled([
      store.exclusively('a', work('first')),
      store.exclusively('a', work('second')),
    ]);

    assert.equal(order, ['first begins', 'first ends', 'second begins', 'second ends']);
    assert.equal(
      results.map(({ status }) => status),
      ['rejected', 'fulfilled'],
    );
  });
});

/** Resolves when watching has told everything that was written before, by having somebody else write one more thing. */
async function echoOf(store: Store, bus: Parameters<typeof Bucket.open>[0], guid: string): Promise<void> {
  const bucket = await Bucket.open<AppRecord>(bus, 'cloud-controller');
  await bucket.put(`app.${guid}`, appRecord({ guid, name: 'echo' }));
  await waitFor('the echo', () => (store.get('app', guid)?.name === 'echo' ? true : undefined), { limitMs: 15_000 });
}
