import * as assert from 'uvu/assert';
import { Interrupted } from '#cli/world.ts';
import { describe, type Scope } from '../../support/spec.ts';
import { appResource, logAnswer, pageOf, type RecordedAnswer, recordedApi, refusal } from '../recorded-api.ts';
import { runCli } from '../run-cli.ts';

const app = '/v3/apps/guid-of-hello';

function task(changes: object = {}): { readonly guid: string } {
  return {
    guid: 'task-1',
    created_at: '2026-11-21T10:00:00Z',
    updated_at: '2026-11-21T10:00:00Z',
    sequence_id: 1,
    name: 'sweep',
    command: 'rake sweep',
    state: 'RUNNING',
    memory_in_mb: 64,
    disk_in_mb: 32,
    result: { failure_reason: null, exit_status: null },
    ...changes,
  } as { readonly guid: string };
}
const ended = (exit_status: number | null, failure_reason: string | null) =>
  task({ state: failure_reason === null ? 'SUCCEEDED' : 'FAILED', result: { failure_reason, exit_status } });

/** A platform whose task is found like this, one look after the other; the last stays. */
function platform(scope: Scope, looks: readonly object[], more: Parameters<typeof recordedApi>[1] = {}) {
  const rest = [...looks];
  return recordedApi(scope, {
    'GET /v3/apps': pageOf([appResource('hello')]),
    'GET /api/v1/read/guid-of-hello': ({ query }): RecordedAnswer =>
      query.get('descending') === 'true'
        ? logAnswer([])
        : logAnswer([
            [100, 'APP/TASK/sweep', 'swept'],
            [101, 'APP/TASK/other', 'not this'],
            [102, 'APP/PROC/WEB', 'nor this'],
          ]),
    [`POST ${app}/tasks`]: { status: 202, body: task({ state: 'PENDING' }) },
    'GET /v3/tasks/task-1': () => ({ body: (rest.length > 1 ? rest.shift() : rest[0]) ?? {} }),
    ...more,
  });
}

describe('run-task', (it) => {
  it('asks for what was said, and leaves', async (scope) => {
    const { home, requests } = await platform(scope, []);

    const { exitCode, output } = await runCli(
      ['run-task', 'hello', 'rake sweep', '-n', 'sweep', '-m', '64M', '-k', '1G'],
      { home },
    );

    assert.is(exitCode, 0);
    assert.match(output, /^Task 1 \(sweep\) of hello is started\.\n.*localpaas tasks hello/);
    const asked = requests.find(({ method }) => method === 'POST');
    assert.equal(JSON.parse(asked?.body ?? ''), {
      command: 'rake sweep',
      name: 'sweep',
      memory_in_mb: 64,
      disk_in_mb: 1024,
    });
  });

  it('shows the lines of the task alone, and ends as it did', async (scope) => {
    for (const [last, code, says] of [
      [ended(0, null), 0, /^$/],
      [
        ended(7, 'exited with status 7; its last lines: swept'),
        7,
        /Task 1 \(sweep\) of hello failed: exited with status 7\.\n/,
      ],
      [ended(null, 'task was cancelled'), 1, /failed: task was cancelled\./],
    ] as const) {
      const { home } = await platform(scope, [task(), task(), last]);

      const { exitCode, output, messages } = await runCli(['run-task', 'hello', 'rake sweep', '--wait'], { home });

      assert.is(exitCode, code);
      assert.is(output, 'swept\n');
      assert.match(messages, says);
    }
  });

  it('prints for programs what became of it', async (scope) => {
    const { home } = await platform(scope, [ended(7, 'exited with status 7')]);

    const { exitCode, output } = await runCli(['run-task', 'hello', 'rake sweep', '--wait', '--json'], { home });

    assert.is(exitCode, 7);
    assert.equal(JSON.parse(output), {
      id: 1,
      guid: 'task-1',
      name: 'sweep',
      state: 'failed',
      command: 'rake sweep',
      startedAt: '2026-11-21T10:00:00Z',
      memoryMb: 64,
      exitStatus: 7,
      reason: 'exited with status 7',
    });
  });

  it('leaves the task alone when somebody does not want to wait any more', async (scope) => {
    const stop = new AbortController();
    const { home } = await platform(scope, [], {
      'GET /v3/tasks/task-1': () => {
        stop.abort(new Interrupted('SIGINT'));
        return { body: task() };
      },
    });

    const { exitCode, messages } = await runCli(['run-task', 'hello', 'sleep 9', '--wait'], {
      home,
      signal: stop.signal,
    });

    assert.is(exitCode, 130);
    assert.match(messages, /The task goes on; `localpaas terminate-task hello 1` ends it\./);
  });

  it('passes on why the platform refuses it', async (scope) => {
    const { home } = await platform(scope, [], {
      [`POST ${app}/tasks`]: refusal(422, 'CF-UnprocessableEntity', 'Task must have a droplet.'),
    });

    const { exitCode, messages } = await runCli(['run-task', 'hello', 'true'], { home });

    assert.is(exitCode, 1);
    assert.match(messages, /Task must have a droplet/);
  });
});

describe('tasks', (it) => {
  it('lists them, the newest first, with what became of them', async (scope) => {
    const second = task({ sequence_id: 2, name: 'report', state: 'FAILED', result: { failure_reason: 'is lost' } });
    const { home } = await platform(scope, [], { [`GET ${app}/tasks`]: pageOf([task(), second]) });

    const { output } = await runCli(['tasks', 'hello'], { home });

    const [heading, ...lines] = output.split('\n');
    assert.match(heading ?? '', /^id +name +state +started +command +result$/);
    assert.match(lines[0] ?? '', /^2 +report +failed .* rake sweep +is lost$/);
    assert.match(lines[1] ?? '', /^1 +sweep +running .* rake sweep$/);
  });

  it('says how to run one where there is none', async (scope) => {
    const { home } = await platform(scope, [], { [`GET ${app}/tasks`]: pageOf([]) });

    assert.match(
      (await runCli(['tasks', 'hello'], { home })).output,
      /No tasks of hello yet\. `localpaas run-task hello/,
    );
    assert.is((await runCli(['tasks', 'hello', '--json'], { home })).output, '[]\n');
  });
});

describe('terminate-task', (it) => {
  it('waits for the end of the task with this number', async (scope) => {
    const { home, calls } = await platform(scope, [task({ state: 'CANCELING' }), ended(null, 'task was cancelled')], {
      [`GET ${app}/tasks`]: ({ query }) => pageOf(query.get('sequence_ids') === '1' ? [task()] : []),
      'POST /v3/tasks/task-1/actions/cancel': { status: 202, body: task({ state: 'CANCELING' }) },
    });

    const { exitCode, output } = await runCli(['terminate-task', 'hello', '1'], { home });

    assert.is(exitCode, 0);
    assert.is(output, 'Task 1 of hello has ended.\n');
    assert.ok(calls().includes('POST /v3/tasks/task-1/actions/cancel'));
    const other = await runCli(['terminate-task', 'hello', '2'], { home });
    assert.is(other.exitCode, 1);
    assert.match(other.messages, /hello has no task 2/);
    const wrong = await runCli(['terminate-task', 'hello', 'sweep'], { home });
    assert.is(wrong.exitCode, 2);
    assert.match(wrong.messages, /'sweep' is no number of a task/);
  });
});
