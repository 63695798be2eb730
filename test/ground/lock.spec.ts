import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { startChild } from '#ground/child.ts';
import { lockDirectory } from '#ground/lock.ts';
import { waitFor } from '#ground/wait.ts';
import { scratchDirectory } from '../support/scratch.ts';
import { describe, type Scope } from '../support/spec.ts';

/** Another process that takes the lock, says so, and keeps it; what it printed tells whether it got it. */
async function lockInAnotherProcess(scope: Scope, directory: string) {
  const program = `
    import { lockDirectory } from '#ground/lock.ts';
    const lock = await lockDirectory(process.argv[1]);
    console.log(lock === undefined ? 'refused' : 'taken');
    setInterval(() => {}, 1000);
  `;
  const child = scope.use(
    await startChild({
      program: process.execPath,
      args: ['--import', 'tsx', '--input-type=module', '-e', program, directory],
      env: { PATH: process.env['PATH'] ?? '' },
      stdio: ['ignore', 'pipe', 'inherit'],
    }),
  );
  let printed = '';
  child.stdout?.on('data', (chunk) => {
    printed += chunk;
  });
  const answer = await waitFor('its answer', () => /^(taken|refused)\n/.exec(printed)?.[1], { limitMs: 15_000 });
  return { child, answer };
}

describe('the lock of a directory', (it) => {
  it('is given to one at a time, and again after it was released', async (scope) => {
    const directory = await scratchDirectory(scope);

    const first = await lockDirectory(directory);
    assert.ok(first);
    assert.is(await lockDirectory(directory), undefined);
    await first[Symbol.asyncDispose]();

    assert.ok(scope.use(await lockDirectory(directory)));
  });

  it('is one per directory', async (scope) => {
    const [one, other] = [join(await scratchDirectory(scope), 'one'), join(await scratchDirectory(scope), 'other')];
    await Promise.all([mkdir(one), mkdir(other)]);

    assert.ok(scope.use(await lockDirectory(one)));
    assert.ok(scope.use(await lockDirectory(other)));
  });

  it('is kept from other processes', async (scope) => {
    const directory = await scratchDirectory(scope);
    scope.use(await lockDirectory(directory));

    const { answer } = await lockInAnotherProcess(scope, directory);

    assert.is(answer, 'refused');
  });

  it('is free again when the process that held it is killed', async (scope) => {
    const directory = await scratchDirectory(scope);
    const { child, answer } = await lockInAnotherProcess(scope, directory);
    assert.is(answer, 'taken');
    assert.is(await lockDirectory(directory), undefined);

    process.kill(child.pid, 'SIGKILL');
    await child.exited;

    assert.ok(scope.use(await lockDirectory(directory)));
  });

  it('goes to one of many who ask at once', async (scope) => {
    const directory = await scratchDirectory(scope);

    const locks = await Promise.all(Array.from({ length: 20 }, () => lockDirectory(directory)));

    const taken = locks.filter((lock) => lock !== undefined);
    for (const lock of taken) scope.use(lock);
    assert.is(taken.length, 1);
  });

  it('does not keep a process alive', async (scope) => {
    const program = `
      import { lockDirectory } from '#ground/lock.ts';
      await lockDirectory(process.argv[1]);
    `;
    const child = scope.use(
      await startChild({
        program: process.execPath,
        args: ['--import', 'tsx', '--input-type=module', '-e', program, await scratchDirectory(scope)],
        env: { PATH: process.env['PATH'] ?? '' },
      }),
    );

    assert.equal(await child.exited, { code: 0, signal: null });
  });
});
