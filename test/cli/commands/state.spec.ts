import * as assert from 'uvu/assert';
import { describe } from '../../support/spec.ts';
import { appResource, logAnswer, pageOf, refusal, statsResource } from '../recorded-api.ts';
import { runCli } from '../run-cli.ts';
import { app, helloThat, running, starting } from './hello.ts';

const inPlace = ['--strategy', 'in-place'];

describe('start and restart', (it) => {
  it('wait until every instance runs', async (scope) => {
    for (const command of ['start', 'restart']) {
      const strategy = command === 'start' ? [] : inPlace;
      const { home, calls } = await helloThat(scope, [
        [statsResource(0, 'DOWN'), statsResource(1, 'DOWN')],
        [starting, statsResource(1, 'STARTING')],
        [running, statsResource(1, 'STARTING')],
        [running, statsResource(1, 'RUNNING')],
      ]);

      const { exitCode, output } = await runCli([command, 'hello', ...strategy], { home });

      assert.is(exitCode, 0);
      assert.match(output, /^name {7}hello\nstate {6}running\n/);
      assert.is(
        calls()
          .filter((call) => call.startsWith('POST'))
          .join(),
        `POST ${app}/actions/${command}`,
      );
      // Four until all run, one to be sure that they stay, one to show them.
      assert.is(calls().filter((call) => call.endsWith('/stats')).length, 6);
    }
  });

  it('do not wait when they are told not to', async (scope) => {
    const { home, calls } = await helloThat(scope, [[starting]]);

    const { exitCode, output } = await runCli(['restart', 'hello', '--no-wait', '--json', ...inPlace], { home });

    assert.is(exitCode, 0);
    assert.is(JSON.parse(output).health, 'starting');
    assert.is(calls().filter((call) => call.endsWith('/stats')).length, 1);
  });

  it('fail when an instance crashes, with the reason and its last lines', async (scope) => {
    const { home } = await helloThat(
      scope,
      [[starting], [statsResource(0, 'CRASHED', { details: 'exited with status 7' })], [starting]],
      {
        'GET /api/v1/read/guid-of-hello': ({ query }) =>
          query.get('limit') === '1'
            ? logAnswer([[5, 'APP/PROC/WEB', 'an old line']])
            : logAnswer([
                [11, 'APP/PROC/WEB', 'cannot find the flux capacitor'],
                [10, 'STG', 'staged'],
              ]),
      },
    );

    const { exitCode, output, messages } = await runCli(['restart', 'hello', ...inPlace], { home });

    assert.is(exitCode, 1);
    assert.is(output, '');
    assert.is(
      messages,
      [
        'Restarting hello',
        'last lines of hello:',
        '  cannot find the flux capacitor',
        'error  hello does not run: it crashed, exited with status 7.',
        '       `localpaas logs hello --recent` shows all it said, `localpaas events hello` what happened to it.',
        '',
      ].join('\n'),
    );
  });

  it('tell which of several instances failed, also when it is being started again', async (scope) => {
    const { home } = await helloThat(scope, [
      [starting, statsResource(1, 'CRASHED', { details: 'out of memory' })],
      [running, statsResource(1, 'STARTING')],
    ]);

    const { exitCode, messages } = await runCli(['start', 'hello'], { home });

    assert.is(exitCode, 1);
    assert.match(messages, /hello does not run: instance 1 crashed, out of memory\./);
  });

  it('do not take an instance that ran for a moment for one that runs', async (scope) => {
    const details = 'exited with status 0, and left a process behind';
    const { home } = await helloThat(scope, [[running], [statsResource(0, 'CRASHED', { details })]]);

    const { exitCode, messages } = await runCli(['start', 'hello'], { home });

    assert.is(exitCode, 1);
    assert.match(messages, /hello does not run: it crashed, exited with status 0, and left a process behind\./);
  });

  it('notice a crash whose instance is being started again by the time they look', async (scope) => {
    const crash = (guid: string, index: number, reason: string) => ({
      ...{ guid, created_at: '2026-11-21T10:00:00Z', updated_at: '2026-11-21T10:00:00Z', type: 'app.crash' },
      actor: { guid: 'u', type: 'user', name: 'admin' },
      target: { guid: 'guid-of-hello', type: 'app', name: 'hello' },
      data: { index, exit_description: reason },
    });
    let asked = 0;
    const { home } = await helloThat(scope, [[starting]], {
      'GET /v3/audit_events': ({ query }) => {
        asked += 1;
        assert.is(query.get('types'), 'app.crash');
        const old = crash('old', 0, 'the version before');
        return pageOf(asked < 3 ? [old] : [crash('new', 0, 'did not listen on port 4000 within 2 s'), old]);
      },
    });

    const { exitCode, messages } = await runCli(['start', 'hello'], { home });

    assert.is(exitCode, 1);
    assert.match(messages, /hello does not run: it crashed, did not listen on port 4000 within 2 s\./);
  });

  it('forgive an instance that crashed and runs in the end', async (scope) => {
    const { home } = await helloThat(scope, [
      [statsResource(0, 'CRASHED'), statsResource(1, 'STARTING')],
      [starting, statsResource(1, 'STARTING')],
      [running, statsResource(1, 'RUNNING')],
    ]);

    assert.is((await runCli(['start', 'hello'], { home })).exitCode, 0);
  });

  it('do not wait for an instance that nobody can run', async (scope) => {
    const details = 'needs ruby, which is not on this machine: install it';
    const { home } = await helloThat(scope, [[statsResource(0, 'DOWN', { details })]]);

    const { exitCode, messages } = await runCli(['start', 'hello'], { home });

    assert.is(exitCode, 1);
    assert.match(
      messages,
      /hello does not run: it cannot be started, needs ruby, which is not on this machine: install it\./,
    );
  });

  it('stage first what was only uploaded', async (scope) => {
    const stamps = { created_at: '', updated_at: '' };
    const build = { ...stamps, guid: 'build-1', error: null, package: { guid: 'package-1' } };
    const { home, calls } = await helloThat(scope, [[running]], {
      [`GET ${app}/droplets/current`]: refusal(404, 'CF-ResourceNotFound', 'Droplet not found'),
      'GET /v3/packages': ({ query }) =>
        pageOf(
          query.get('states') === 'READY'
            ? [{ ...stamps, guid: 'package-1', type: 'bits', state: 'READY', data: {} }]
            : [],
        ),
      'POST /v3/builds': { body: { ...build, state: 'STAGING', droplet: null } },
      'GET /v3/builds/build-1': { body: { ...build, state: 'STAGED', droplet: { guid: 'droplet-1' } } },
      [`PATCH ${app}/relationships/current_droplet`]: { body: {} },
    });

    const { exitCode } = await runCli(['start', 'hello'], { home });

    assert.is(exitCode, 0);
    assert.equal(
      calls().filter((call) => !call.startsWith('GET')),
      ['POST /v3/builds', `PATCH ${app}/relationships/current_droplet`, `POST ${app}/actions/restart`],
    );
  });

  it('say what to do when nothing was ever uploaded', async (scope) => {
    const { home } = await helloThat(scope, [[running]], {
      [`GET ${app}/droplets/current`]: refusal(404, 'CF-ResourceNotFound', 'Droplet not found'),
      'GET /v3/packages': pageOf([]),
    });

    for (const command of ['start', 'restage']) {
      const { exitCode, messages } = await runCli([command, 'hello'], { home });

      assert.is(exitCode, 1);
      assert.match(messages, /Nothing was uploaded for hello yet\.\n.*localpaas push --name hello/);
    }
  });
});

describe('stop', (it) => {
  it('waits until nothing runs', async (scope) => {
    const { home, calls } = await helloThat(scope, [[running], [running], [statsResource(0, 'DOWN')]], {
      [`GET ${app}`]: { body: appResource('hello', 'STOPPED') },
    });

    const { exitCode, output } = await runCli(['stop', 'hello'], { home });

    assert.is(exitCode, 0);
    assert.match(output, /state {6}stopped\ninstances {2}0 of 1 running/);
    assert.is(calls().filter((call) => call.endsWith('/stats')).length, 4);
  });
});

describe('scale', (it) => {
  it('changes the number without a restart, and waits for the new ones', async (scope) => {
    const { home, requests, calls } = await helloThat(scope, [
      [running, statsResource(1, 'STARTING')],
      [running, statsResource(1, 'RUNNING')],
    ]);

    const { exitCode } = await runCli(['scale', 'hello', '-i', '2'], { home });

    assert.is(exitCode, 0);
    const scaled = requests.find(({ path }) => path.endsWith('/scale'));
    assert.equal(JSON.parse(scaled?.body ?? ''), { instances: 2 });
    assert.not.ok(calls().some((call) => call.includes('restart')));
  });

  it('restarts for another size', async (scope) => {
    const { home, requests, calls } = await helloThat(scope, [[running]]);

    await runCli(['scale', 'hello', '-m', '1G', '-k', '2G', ...inPlace], { home });

    const scaled = requests.find(({ path }) => path.endsWith('/scale'));
    assert.equal(JSON.parse(scaled?.body ?? ''), { memory_in_mb: 1024, disk_in_mb: 2048 });
    assert.ok(calls().includes(`POST ${app}/actions/restart`));
  });

  it('only shows when there is nothing to change', async (scope) => {
    const { home, calls } = await helloThat(scope, [[running]]);

    const { output } = await runCli(['scale', 'hello'], { home });

    assert.match(output, /memory {5}128M/);
    assert.not.ok(calls().some((call) => call.startsWith('POST')));
  });
});

describe('rename', (it) => {
  it('gives the app another name', async (scope) => {
    const { home, requests } = await helloThat(scope, [[running]], {
      [`PATCH ${app}`]: { body: appResource('greeter') },
    });

    const { output } = await runCli(['rename', 'hello', 'greeter'], { home });

    assert.match(output, /^hello is called greeter now\./);
    assert.equal(JSON.parse(requests.at(-1)?.body ?? ''), { name: 'greeter' });
  });

  it('passes on why the platform refuses', async (scope) => {
    const { home } = await helloThat(scope, [[running]], {
      [`PATCH ${app}`]: refusal(422, 'CF-UnprocessableEntity', "App with the name 'greeter' already exists."),
    });

    const { exitCode, messages } = await runCli(['rename', 'hello', 'greeter'], { home });

    assert.is(exitCode, 1);
    assert.match(messages, /App with the name 'greeter' already exists\./);
  });
});
