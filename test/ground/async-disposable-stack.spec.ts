import * as assert from 'uvu/assert';
import { AsyncDisposableStack } from '#ground/async-disposable-stack.ts';
import { sleep } from '#ground/wait.ts';
import { describe } from '../support/spec.ts';
import { thrownBy } from '../support/thrown.ts';

/** A resource that writes its name down when it is released. */
function resource(name: string, released: string[]): AsyncDisposable {
  return {
    async [Symbol.asyncDispose](): Promise<void> {
      await sleep(1);
      released.push(name);
    },
  };
}

describe('a stack of resources', (it) => {
  it('releases them in reverse order, each after the one before it', async () => {
    const released: string[] = [];
    const stack = new AsyncDisposableStack();
    stack.use(resource('first', released));
    stack.use({ [Symbol.dispose]: () => void released.push('second') });
    stack.adopt('third', (name) => released.push(name));
    stack.defer(async () => {
      await sleep(2);
      released.push('fourth');
    });

    await stack.disposeAsync();

    assert.equal(released, ['fourth', 'third', 'second', 'first']);
  });

  it('hands back what it was given', () => {
    const stack = new AsyncDisposableStack();
    const given = resource('it', []);

    assert.is(stack.use(given), given);
    assert.is(stack.use(null), null);
    assert.is(stack.use(undefined), undefined);
    assert.is(
      stack.adopt('text', () => {}),
      'text',
    );
  });

  it('releases at the end of a scope, also when that throws', async () => {
    const released: string[] = [];

    const error = await thrownBy(async () => {
      await using stack = new AsyncDisposableStack();
      stack.use(resource('it', released));
      throw new Error('planted trouble');
    });

    assert.is(error.message, 'planted trouble');
    assert.equal(released, ['it']);
  });

  it('releases once only', async () => {
    const released: string[] = [];
    const stack = new AsyncDisposableStack();
    stack.use(resource('it', released));

    await stack.disposeAsync();
    await stack[Symbol.asyncDispose]();

    assert.equal(released, ['it']);
    assert.is(stack.disposed, true);
  });

  it('releases the rest when one cannot be released, and tells of it', async () => {
    const released: string[] = [];
    const stack = new AsyncDisposableStack();
    stack.use(resource('first', released));
    stack.defer(() => Promise.reject(new Error('planted trouble')));
    stack.use(resource('third', released));

    const error = await thrownBy(() => stack.disposeAsync());

    assert.is(error.message, 'planted trouble');
    assert.equal(released, ['third', 'first']);
  });

  it('tells of every one that cannot be released', async () => {
    const stack = new AsyncDisposableStack();
    stack.defer(() => Promise.reject(new Error('one')));
    stack.defer(() => {
      throw new Error('two');
    });

    const error = await thrownBy(() => stack.disposeAsync());

    assert.instance(error, AggregateError);
    assert.equal(
      (error as AggregateError).errors.map((each: Error) => each.message),
      ['two', 'one'],
    );
  });

  it('moves everything to another stack, and is empty then', async () => {
    const released: string[] = [];
    const stack = new AsyncDisposableStack();
    stack.use(resource('it', released));

    const moved = stack.move();
    await stack.disposeAsync();

    assert.equal(released, []);
    await moved.disposeAsync();
    assert.equal(released, ['it']);
  });

  it('takes nothing more once it was disposed or moved', async () => {
    const disposed = new AsyncDisposableStack();
    await disposed.disposeAsync();
    const moved = new AsyncDisposableStack();
    moved.move();

    for (const stack of [disposed, moved]) {
      assert.instance(await thrownBy(() => stack.defer(() => {})), ReferenceError);
      assert.instance(await thrownBy(() => stack.use(resource('late', []))), ReferenceError);
      assert.instance(await thrownBy(() => stack.move()), ReferenceError);
    }
  });
});
