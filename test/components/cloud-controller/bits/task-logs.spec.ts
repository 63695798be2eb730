import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { TaskLogs } from '#components/cloud-controller/bits/task-logs.ts';
import { scratchDirectory } from '../../../support/scratch.ts';
import { describe, type Scope } from '../../../support/spec.ts';
import { filesBelow } from '../operations.ts';

async function openLogs(scope: Scope) {
  const directory = join(await scratchDirectory(scope), 'task-logs');
  return { directory, logs: new TaskLogs(directory) };
}

describe('logs of staging tasks', (it) => {
  it('keeps the last one of each app', async (scope) => {
    const { logs } = await openLogs(scope);

    await logs.keep('one', 'first\n');
    await logs.keep('one', 'second\n');
    await logs.keep('two', 'other\n');

    assert.equal([await logs.read('one'), await logs.read('two')], ['second\n', 'other\n']);
    assert.is(await logs.read('three'), undefined);
  });

  it('keeps the end of a long one', async (scope) => {
    const { logs } = await openLogs(scope);

    await logs.keep('one', `${'x'.repeat(1_000_000)}the reason\n`);

    const text = (await logs.read('one')) ?? '';
    assert.ok(text.length < 300_000);
    assert.ok(text.endsWith('the reason\n'));
  });

  it('forgets one, and all of apps that are gone', async (scope) => {
    const { logs, directory } = await openLogs(scope);
    await logs.sweep(() => false); // there is no directory yet
    for (const app of ['one', 'two', 'three']) await logs.keep(app, 'text\n');

    await logs.forget('one');
    await logs.forget('never there');
    await logs.sweep((app) => app === 'three');

    assert.equal(await filesBelow(directory), ['three']);
  });
});
