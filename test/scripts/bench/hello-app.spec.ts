import { resolve } from 'node:path';
import * as assert from 'uvu/assert';
import { answerOf } from '../../../scripts/bench/first-answer.ts';
import { copyHelloApp, startBare } from '../../../scripts/bench/hello-app.ts';
import type { Surroundings } from '../../../scripts/bench/surroundings.ts';
import { scratchDirectory } from '../../support/scratch.ts';
import { describe, type Scope } from '../../support/spec.ts';

async function surroundings(scope: Scope): Promise<Surroundings> {
  const natsServer = { path: '', version: '', origin: '' };
  const scratch = await scratchDirectory(scope);
  return {
    project: resolve('.'),
    command: [process.execPath],
    isExecutable: false,
    node: process.execPath,
    version: '',
    natsServer,
    scratch,
    signal: new AbortController().signal,
  };
}

describe('the app that is measured', (it) => {
  it('is the sample app, which tells its version and its process', async (scope) => {
    const around = await surroundings(scope);
    const app = await copyHelloApp(around, 'app');
    await app.setVersion('changed "3"');

    const { child, ms, port } = await startBare(around, app.directory);
    scope.use(child);

    assert.ok(ms > 5 && ms < 10_000, `${ms} ms`);
    assert.equal(await answerOf({ port }), { status: 200, body: 'changed "3" from Node, instance 0.\n' });
    assert.equal(await answerOf({ port, path: '/pid' }), { status: 200, body: `${child.pid}\n` });
  });
});
