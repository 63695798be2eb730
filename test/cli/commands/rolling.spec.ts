import * as assert from 'uvu/assert';
import { describe } from '../../support/spec.ts';
import { logAnswer } from '../recorded-api.ts';
import { runCli } from '../run-cli.ts';
import { helloThat, running } from './hello.ts';

describe('a rolling restart', (it) => {
  const deployment = (value: string, reason: string, details: object = {}) => ({
    ...{ guid: 'd', created_at: '', updated_at: '', droplet: { guid: 'new' } },
    status: { value, reason, details },
  });

  it('waits until the new version has taken over', async (scope) => {
    const looks = ['STARTING', 'PROVING'].map((phase) => deployment('ACTIVE', 'DEPLOYING', { phase }));
    const { home, calls, requests } = await helloThat(scope, [[running]], {
      'POST /v3/deployments': { status: 201, body: deployment('ACTIVE', 'DEPLOYING') },
      'GET /v3/deployments/d': () => ({ body: looks.shift() ?? deployment('FINALIZED', 'DEPLOYED') }),
    });

    const { exitCode, output } = await runCli(['restart', 'hello'], { home });

    assert.is(exitCode, 0);
    assert.match(output, /^name {7}hello\nstate {6}running\n/);
    assert.is(calls().filter((call) => call === 'GET /v3/deployments/d').length, 3);
    const [begun] = requests.filter(({ method }) => method === 'POST');
    const relationships = { app: { data: { guid: 'guid-of-hello' } } };
    assert.equal(JSON.parse(begun?.body ?? ''), { strategy: 'rolling', relationships });
  });

  it('fails when the new version was given up, with the reason, its last lines, and what helps', async (scope) => {
    const error = 'it cannot be started: no DEA has room for 64 MB';
    const { home } = await helloThat(scope, [[running]], {
      'POST /v3/deployments': { status: 201, body: deployment('ACTIVE', 'DEPLOYING') },
      'GET /v3/deployments/d': { body: deployment('FINALIZED', 'CANCELED', { error }) },
      'GET /api/v1/read/guid-of-hello': ({ query }) =>
        query.get('limit') === '1'
          ? logAnswer([[5, 'APP/PROC/WEB', 'an old line']])
          : logAnswer([
              [12, 'RTR', 'a request to the version before'],
              [11, 'APP/PROC/WEB', 'cannot find the flux capacitor'],
            ]),
    });

    const { exitCode, messages } = await runCli(['restart', 'hello'], { home });

    assert.is(exitCode, 1);
    assert.match(messages, 'cannot find the flux capacitor');
    assert.not.match(messages, 'a request');
    assert.match(messages, `hello was not changed: ${error}. What ran before goes on.`);
    assert.match(messages, '--strategy in-place');
  });
});
