import * as assert from 'uvu/assert';
import { processTable } from '#ground/processes.ts';
import { waitFor } from '#ground/wait.ts';
import { describe } from '../support/spec.ts';
import { App, instanceIndex, isCleanEnd } from './run-app.ts';

const node = { command: ['node', 'app.js'], needs: 'Node 20 or newer' } as const;

describe('sample app crashy', (it) => {
  it('answers with its instance and its process', async (scope) => {
    const app = await App.start(scope, 'crashy', node);

    const { status, type, body } = await app.get('/');

    assert.is(status, 200);
    assert.match(type, 'text/html');
    assert.match(body, `Instance ${instanceIndex}, process ${app.pid}, up for `);
  });

  it('answers /crash, then leaves with the exit code', async (scope) => {
    const app = await App.start(scope, 'crashy', node);

    const { status, body } = await app.get('/crash?code=7');
    const exit = await app.exited;

    assert.is(status, 200);
    assert.match(body, 'leaves with exit code 7');
    assert.equal(exit, { code: 7, signal: null });
    await app.says('Leaving with exit code 7');
  });

  it('leaves with exit code 1 when /crash names none', async (scope) => {
    const app = await App.start(scope, 'crashy', node);

    await app.get('/crash');

    assert.is((await app.exited).code, 1);
  });

  it('refuses what is no exit code, and stays', async (scope) => {
    const app = await App.start(scope, 'crashy', node);

    for (const code of ['256', '-1', '1.5', 'soon']) {
      const { status, body } = await app.get(`/crash?code=${code}`);
      assert.is(status, 400);
      assert.match(body, 'a whole number from 0 to 255');
    }
    assert.is((await app.get('/')).status, 200);
  });

  it('dies of /throw without an answer, with the stack in the log', async (scope) => {
    const app = await App.start(scope, 'crashy', node);

    const answered = await app.get('/throw').catch(() => undefined);
    const exit = await app.exited;

    assert.is(answered, undefined);
    assert.is(exit.code, 1);
    await app.says('Error: Nobody catches this');
    await app.says('app.js:');
  });

  it('grows beyond its manifest’s memory after /oom', async (scope) => {
    const app = await App.start(scope, 'crashy', node);

    await app.get('/oom');
    const grown = await waitFor(
      'more than 200 MB of resident memory',
      async () => (await processTable()).find(({ pid, residentBytes }) => pid === app.pid && residentBytes > 200e6),
      { limitMs: 15_000, everyMs: 100 },
    );

    assert.ok(grown);
  });

  it('says so when there is no such page, and goes on', async (scope) => {
    const app = await App.start(scope, 'crashy', node);

    for (const path of ['/nowhere', '//']) assert.is((await app.get(path)).status, 404);
    assert.is((await app.get('/')).status, 200);
  });

  it('leaves on SIGTERM while a connection is open', async (scope) => {
    const app = await App.start(scope, 'crashy', node);
    await app.holdConnection(scope);

    assert.ok(isCleanEnd(await app.stop()));
  });

  it('leaves on SIGTERM', async (scope) => {
    const app = await App.start(scope, 'crashy', node);

    assert.ok(isCleanEnd(await app.stop()));
  });
});
