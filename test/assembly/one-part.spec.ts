import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { startOnePart, takeDirectory, takeFreeDirectory } from '#assembly/one-part.ts';
import { AsyncDisposableStack } from '#ground/async-disposable-stack.ts';
import { runningWith } from '#ground/component.ts';
import { ActionableError } from '#ground/errors.ts';
import { silentLog } from '#ground/log.ts';
import { startBus } from '../support/bus.ts';
import { scratchDirectory } from '../support/scratch.ts';
import { describe } from '../support/spec.ts';
import { thrownBy } from '../support/thrown.ts';

describe('a part that runs alone', (it) => {
  it('has a directory to itself, and the same one again when it starts again', async (scope) => {
    const root = await scratchDirectory(scope);

    const first = await takeFreeDirectory(root, 'stager');
    const second = scope.use(await takeFreeDirectory(root, 'stager'));
    await first[Symbol.asyncDispose]();
    const again = scope.use(await takeFreeDirectory(root, 'stager'));

    assert.equal(
      [first.path, second.path, again.path],
      ['stager', 'stager-2', 'stager'].map((name) => join(root, name)),
    );
    assert.equal((await readdir(root)).sort(), ['stager', 'stager-2']);
  });

  it('does not share the one that its configuration names', async (scope) => {
    const path = join(await scratchDirectory(scope), 'dea');
    scope.use(await takeDirectory(path));

    const error = await thrownBy(() => takeDirectory(path));

    assert.instance(error, ActionableError);
    assert.match(error.message, `Another localpaas keeps its things in ${path}.`);
  });

  it('leaves the bus after it has stopped, also when it does not start', async (scope) => {
    const { address } = await startBus(scope);
    const dataDir = await scratchDirectory(scope);
    const surroundings = { address, dataDir, log: silentLog, signal: new AbortController().signal, busWaitMs: 0 };
    const events: string[] = [];

    const running = await startOnePart(
      {
        name: 'test',
        async start({ bus }) {
          await using undo = new AsyncDisposableStack();
          undo.defer(async () => {
            await bus.flush(); // fails when the bus is gone
            events.push('stopped');
          });
          return runningWith(undo.move());
        },
      },
      surroundings,
    );
    await running[Symbol.asyncDispose]();
    const start = () => Promise.reject(new Error('it cannot'));
    const error = await thrownBy(() => startOnePart({ name: 'test', start }, surroundings));

    assert.equal([events, error.message], [['stopped'], 'it cannot']);
  });
});
