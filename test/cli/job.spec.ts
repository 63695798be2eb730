import { Readable } from 'node:stream';
import * as assert from 'uvu/assert';
import { ApiClient } from '#cli/api-client.ts';
import { cliOf } from '#cli/cli.ts';
import { awaitJob } from '#cli/job.ts';
import { ActionableError } from '#ground/errors.ts';
import { describe, type Scope } from '../support/spec.ts';
import { type RecordedAnswer, recordedApi } from './recorded-api.ts';
import { textSink } from './text-sink.ts';

async function jobThat(
  scope: Scope,
  states: RecordedAnswer[],
): Promise<{ failure: ActionableError | undefined; messages: string; asked: number }> {
  const { home, requests } = await recordedApi(scope, {
    'DELETE /v3/apps/x': { status: 202, headers: { location: 'http://api.example/v3/jobs/j' } },
    'GET /v3/jobs/j': () => states.shift() ?? { status: 500 },
  });
  const messages = textSink();
  const { signal } = new AbortController();
  const env = { LOCALPAAS_HOME: home };
  const cli = cliOf({ env, workingDirectory: '/', input: Readable.from([]), output: textSink(), messages, signal });
  const api = await ApiClient.open(cli);
  const answer = await api.exchange('/v3/apps/x', { method: 'DELETE' });
  const failure = await awaitJob(cli, api, answer).then(
    () => undefined,
    (error: unknown) => (error instanceof ActionableError ? error : Promise.reject(error)),
  );
  return { failure, messages: messages.text(), asked: requests.filter(({ path }) => path === '/v3/jobs/j').length };
}

const job = (state: string, changes: object = {}): RecordedAnswer => ({
  body: { guid: 'j', state, errors: [], ...changes },
});

describe('job', (it) => {
  it('is waited for until it is done', async (scope) => {
    const { failure, asked } = await jobThat(scope, [job('PROCESSING'), job('POLLING'), job('COMPLETE')]);

    assert.is(failure, undefined);
    assert.is(asked, 3);
  });

  it('tells why it failed', async (scope) => {
    const errors = [{ code: 10008, title: 'CF-UnprocessableEntity', detail: 'memory needs a unit.' }];
    const { failure } = await jobThat(scope, [job('FAILED', { errors })]);

    assert.is(failure?.code, 'API_REFUSED');
    assert.is(failure?.message, 'memory needs a unit.');
  });

  it('passes on what it warns of', async (scope) => {
    const { messages } = await jobThat(scope, [
      job('COMPLETE', { warnings: [{ detail: 'docker is not supported.' }] }),
    ]);

    assert.match(messages, /warning {2}docker is not supported\./);
  });
});
