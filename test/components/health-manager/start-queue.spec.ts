import * as assert from 'uvu/assert';
import { waitFor } from '#ground/wait.ts';
import { StartQueue } from '../../../src/components/health-manager/start-queue.ts';
import { describe } from '../../support/spec.ts';

const arrives = (list: unknown[], count: number) =>
  waitFor(`${count} starts`, () => (list.length >= count ? true : undefined), { limitMs: 15_000 });

describe('starts', (it) => {
  it('go at once as long as there are few, then so many in each period', async (scope) => {
    const queue = scope.use(new StartQueue({ startBatch: 2, startBatchEveryMs: 60 }));
    const gone: { name: string; atMs: number }[] = [];
    const startedAt = performance.now();

    for (const name of ['a', 'b', 'c', 'd', 'e']) {
      queue.add(name, 'normal', () => void gone.push({ name, atMs: performance.now() - startedAt }));
    }

    assert.equal([gone.length, queue.size], [2, 3]);
    await arrives(gone, 5);
    assert.equal(
      gone.map(({ name }) => name),
      ['a', 'b', 'c', 'd', 'e'],
    );
    assert.ok((gone[2]?.atMs ?? 0) >= 55 && (gone[4]?.atMs ?? 0) >= 110, JSON.stringify(gone));
    assert.is(queue.size, 0);
  });

  it('that are urgent go first, and one that waits is not sent twice', async (scope) => {
    const queue = scope.use(new StartQueue({ startBatch: 1, startBatchEveryMs: 20 }));
    const gone: string[] = [];
    const add = (name: string, priority: 'high' | 'normal' | 'low') =>
      queue.add(name, priority, () => void gone.push(name));

    add('first', 'low');
    add('crashed', 'low');
    add('missing', 'normal');
    add('left', 'high');
    add('crashed', 'low');
    add('crashed', 'high');
    add('left', 'low');
    assert.is(queue.size, 3);
    await arrives(gone, 4);

    assert.equal(gone, ['first', 'left', 'crashed', 'missing']);
  });

  it('all go at once without a limit; none after the end', async () => {
    const gone: number[] = [];
    const unlimited = new StartQueue({ startBatch: 0, startBatchEveryMs: 10 });
    for (let n = 0; n < 1_000; n += 1) unlimited.add(String(n), 'low', () => void gone.push(n));
    assert.is(gone.length, 1_000);

    const ended = new StartQueue({ startBatch: 1, startBatchEveryMs: 1 });
    for (let n = 0; n < 3; n += 1) ended.add(String(n), 'low', () => void gone.push(n));
    ended[Symbol.dispose]();
    await new Promise((resolve) => setTimeout(resolve, 20));
    assert.equal([gone.length, ended.size], [1_001, 0]);
  });
});
