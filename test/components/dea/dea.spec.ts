import * as assert from 'uvu/assert';
import { call } from '#ground/http-client.ts';
import { describe } from '../../support/spec.ts';
import { fixtureDroplet, openDea, requestFor, startRunning } from './support.ts';

describe('dea', (it) => {
  it('runs an app that is started', async (scope) => {
    const dea = await openDea(scope);
    const t = performance.now();
    const { port } = await startRunning(dea, requestFor(await fixtureDroplet(scope, 'echo-env')));
    console.error('took', performance.now() - t);
    const answer = await call(`http://127.0.0.1:${port}/`);
    const env = await answer.json();
    console.error(env);
    assert.is(answer.status, 200);
    console.error(
      dea.logs.messages.map((m) => JSON.stringify(m)),
      dea.logged,
    );
  });
});
