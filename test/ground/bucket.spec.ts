import * as assert from 'uvu/assert';
import { Bucket, type BucketEntry, RevisionConflict } from '#ground/bucket.ts';
import { Bus } from '#ground/bus.ts';
import { signalProcess } from '#ground/child.ts';
import { waitFor } from '#ground/wait.ts';
import { blockFileIn, connectBus, spoil, startBus } from '../support/bus.ts';
import { describe, type Scope } from '../support/spec.ts';
import { thrownBy } from '../support/thrown.ts';

async function openBucket(scope: Scope, options: { history?: number } = {}) {
  const { bus, address, server } = await startBus(scope);
  return { bus, address, server, bucket: await Bucket.open<unknown>(bus, 'things', options) };
}

/** What a watcher was told, as `key=value`. */
function recorder() {
  const told: string[] = [];
  const onEntry = ({ key, value }: BucketEntry<unknown>) =>
    void told.push(value === undefined ? `${key} deleted` : `${key}=${JSON.stringify(value)}`);
  const until = (entry: string) =>
    waitFor(entry, () => (told.includes(entry) ? true : undefined), { limitMs: 15_000, everyMs: 1 });
  return { told, onEntry, until };
}

describe('a bucket', (it) => {
  it('gives back what was put into it, and counts its changes', async (scope) => {
    const { bucket } = await openBucket(scope);
    const value = { name: 'grüße\n"', list: [1, null, true], nested: { a: '' } };
    const before = Date.now();

    const first = await bucket.put('a', value);
    const second = await bucket.put('b', 'text');

    assert.ok(second > first);
    const entry = await bucket.get('a');
    assert.equal([entry?.key, entry?.value, entry?.revision], ['a', value, first]);
    assert.ok(Math.abs((entry?.changedAt.getTime() ?? 0) - before) < 10_000);
  });

  it('has nothing where nothing was put, and no value where one was deleted', async (scope) => {
    const { bucket } = await openBucket(scope);
    await bucket.put('a', 1);
    await bucket.delete('a');
    await bucket.delete('never');

    assert.is(await bucket.get('b'), undefined);
    const deleted = await bucket.get('a');
    assert.is(deleted?.key, 'a');
    assert.is(deleted?.value, undefined);
  });

  it('changes just what was read', async (scope) => {
    const { bucket } = await openBucket(scope);
    const read = await bucket.put('a', 'one');
    const changed = await bucket.put('a', 'two', read);

    const late = await thrownBy(() => bucket.put('a', 'three', read));

    assert.instance(late, RevisionConflict);
    assert.match(late.message, "'a' was changed by somebody else in the meantime.");
    assert.equal((await bucket.get('a'))?.value, 'two');
    assert.is((await bucket.get('a'))?.revision, changed);
  });

  it('makes a key only where there is none, for revision 0', async (scope) => {
    const { bucket } = await openBucket(scope);

    await bucket.put('a', 'first', 0);
    assert.instance(await thrownBy(() => bucket.put('a', 'second', 0)), RevisionConflict);
    await bucket.delete('a');
    await bucket.put('a', 'third', 0);

    assert.is((await bucket.get('a'))?.value, 'third');
  });

  it('lets one of many win who change the same revision', async (scope) => {
    const { bucket } = await openBucket(scope);
    const read = await bucket.put('a', 'start');

    const attempts = await Promise.allSettled(Array.from({ length: 20 }, (_, n) => bucket.put('a', n, read)));

    const won = attempts.findIndex(({ status }) => status === 'fulfilled');
    const lost = attempts.flatMap((each) => (each.status === 'rejected' ? [each.reason] : []));
    assert.is(lost.length, 19);
    for (const reason of lost) assert.instance(reason, RevisionConflict);
    assert.is((await bucket.get('a'))?.value, won);
  });

  it('is the same for whoever opens it', async (scope) => {
    const { bucket, address } = await openBucket(scope, { history: 3 });
    await bucket.put('a', 'x');

    const other = await Bucket.open<unknown>(await connectBus(scope, address), 'things', { history: 3 });

    assert.is((await other.get('a'))?.value, 'x');
  });

  it('keeps what was acknowledged when the server is killed', async (scope) => {
    const { bucket, server, address } = await openBucket(scope);
    let acknowledged = -1;
    const writing = (async () => {
      for (let n = 0; n < 5_000; n += 1) {
        await bucket.put('counter', n);
        acknowledged = n;
      }
    })().catch(() => {}); // the write that the kill interrupts was not acknowledged
    await waitFor('some writes', () => (acknowledged >= 50 ? true : undefined), { limitMs: 15_000, everyMs: 1 });

    signalProcess(server.pid(), 'SIGKILL');
    const expected = acknowledged;

    const reopen = async () => {
      try {
        return await Bucket.open<number>(await connectBus(scope, address), 'things');
      } catch {
        return undefined; // the server is not back yet
      }
    };
    const later = await waitFor('the server', reopen, { limitMs: 15_000, everyMs: 20 });
    assert.ok(((await later.get('counter'))?.value ?? -1) >= expected);
    void writing;
  });
});

describe('a watcher of a bucket', (it) => {
  it('is told what there is before it is ready, then every change in order', async (scope) => {
    const { bucket } = await openBucket(scope);
    await bucket.put('a', 1);
    await bucket.put('a', 2);
    await bucket.put('b', 'x');
    await bucket.put('c', 'gone');
    await bucket.delete('c');
    const { told, onEntry, until } = recorder();

    scope.use(await bucket.watch(onEntry));
    assert.equal(told.toSorted(), ['a=2', 'b="x"', 'c deleted']);

    told.length = 0;
    await bucket.put('a', 3);
    await bucket.delete('b');
    await bucket.put('d', null);
    await until('d=null');
    assert.equal(told, ['a=3', 'b deleted', 'd=null']);
  });

  it('is ready at once where there is nothing, and where everything was deleted', async (scope) => {
    const { bucket, bus } = await openBucket(scope);
    const empty = recorder();
    scope.use(await bucket.watch(empty.onEntry));
    assert.equal(empty.told, []);

    const cleared = await Bucket.open<number>(bus, 'cleared');
    await cleared.put('a', 1);
    await cleared.delete('a');
    const deleted = recorder();
    scope.use(await cleared.watch(deleted.onEntry));
    assert.equal(deleted.told, ['a deleted']);

    await bucket.put('a', 1);
    await empty.until('a=1');
  });

  it('is told of all kept values where it asks for history', async (scope) => {
    const { bucket } = await openBucket(scope, { history: 3 });
    for (let n = 0; n < 5; n += 1) await bucket.put('a', n);
    await bucket.put('b', 0);
    const { told, onEntry } = recorder();

    scope.use(await bucket.watch(onEntry, { history: true }));

    assert.equal(told, ['a=2', 'a=3', 'a=4', 'b=0']);
  });

  it('misses nothing of a large bucket, and nothing that is written meanwhile', async (scope) => {
    const { bucket } = await openBucket(scope);
    await Promise.all(Array.from({ length: 500 }, (_, n) => bucket.put(`key-${n}`, n)));
    const { told, onEntry, until } = recorder();

    const writing = Promise.all(Array.from({ length: 100 }, (_, n) => bucket.put(`late-${n}`, n)));
    scope.use(await bucket.watch(onEntry));
    const keys = new Set(told.map((entry) => entry.split('=')[0]));
    for (let n = 0; n < 500; n += 1) assert.ok(keys.has(`key-${n}`), `key-${n}`);

    await writing;
    await Promise.all(Array.from({ length: 100 }, (_, n) => until(`late-${n}=${n}`)));
  });

  it('goes on when the server was killed and came back', async (scope) => {
    const { bucket, bus, server } = await openBucket(scope);
    await bucket.put('a', 'before');
    const { told, onEntry, until } = recorder();
    scope.use(await bucket.watch(onEntry));
    const isBack = new Promise<void>((resolve) => scope.use(bus.onReconnect(resolve)));

    signalProcess(server.pid(), 'SIGKILL');
    await isBack;
    const written = async () => await bucket.put('a', 'after').catch(() => undefined);
    await waitFor('a write', written, { limitMs: 15_000 });

    await until('a="after"');
    assert.is(told[0], 'a="before"');
  });

  it('does not wait for values that the server has lost', async (scope) => {
    const first = await startBus(scope);
    const values = await Bucket.open<string>(first.bus, 'things', { history: 3 });
    for (const [key, value] of [
      ['a', 'first of a'],
      ['b', 'first of b'],
      ['a', 'second of a'],
    ]) {
      await values.put(key ?? '', value ?? '');
    }
    await first.server[Symbol.asyncDispose]();

    for (const lost of ['first of b', 'second of a']) {
      await spoil(blockFileIn(first.dataDir, 'things'), lost);
      const again = await startBus(scope, first.dataDir);
      const bucket = await Bucket.open<string>(again.bus, 'things', { history: 3 });
      const { told, onEntry } = recorder();
      const { missing } = scope.use(await bucket.watch(onEntry, { history: true }));

      assert.ok(missing > 0, lost);
      assert.ok(!told.some((entry) => entry.includes(lost)), lost);
      await again.server[Symbol.asyncDispose]();
    }
  });

  it('knows the last change there ever was', async (scope) => {
    const { bucket } = await openBucket(scope);
    const empty = scope.use(await bucket.watch(() => {}));
    await bucket.put('a', 1);
    await bucket.put('b', 1);
    const last = await bucket.put('a', 2);
    const full = scope.use(await bucket.watch(() => {}));
    await bucket.delete('a');
    const deleted = scope.use(await bucket.watch(() => {}));

    assert.equal([empty.lastRevision, empty.missing], [0, 0]);
    assert.equal([full.lastRevision, full.missing], [last, 0]);
    assert.equal([deleted.lastRevision, deleted.missing], [last + 1, 0]);
  });

  it('leaves nothing on the server once it is disposed', async (scope) => {
    const { bus, bucket } = await openBucket(scope);
    const watch = await bucket.watch(() => {});
    const consumers = async () => {
      const answer = await Bus.connectionOf(bus).request('$JS.API.STREAM.INFO.KV_things', '');
      return answer.json<{ state: { consumer_count: number } }>().state.consumer_count;
    };
    assert.is(await consumers(), 1);

    await watch[Symbol.asyncDispose]();

    assert.is(await consumers(), 0);
  });

  it('is told nothing more once it is disposed', async (scope) => {
    const { bucket } = await openBucket(scope);
    const { told, onEntry } = recorder();
    const watcher = await bucket.watch(onEntry);

    await watcher[Symbol.asyncDispose]();
    await bucket.put('a', 1);
    const other = recorder();
    scope.use(await bucket.watch(other.onEntry));
    await other.until('a=1');

    assert.equal(told, []);
  });
});
