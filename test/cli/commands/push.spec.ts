import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { Interrupted } from '#cli/world.ts';
import { scratchDirectory } from '../../support/scratch.ts';
import { describe } from '../../support/spec.ts';
import { logAnswer, type RecordedApi, refusal, statsResource } from '../recorded-api.ts';
import { runCli } from '../run-cli.ts';
import { app, apply, buildIn, hello, packageIn, platform, upload } from './push-platform.ts';

const changesIn = ({ calls }: RecordedApi) => calls().filter((call) => !call.startsWith('GET'));

describe('push', (it) => {
  it('records, uploads, stages and starts an app in as few requests as that takes, and says where it is', async (scope) => {
    const api = await platform(scope);
    const folder = await hello(scope);

    const { exitCode, output, messages } = await runCli(['push'], { home: api.home, workingDirectory: folder });

    assert.is(exitCode, 0, messages);
    assert.equal(changesIn(api), [
      apply,
      'POST /v3/packages',
      upload,
      'POST /v3/builds',
      `PATCH ${app}/relationships/current_droplet`,
      `POST ${app}/actions/restart`,
    ]);
    const manifest = api.requests.find(({ path }) => path.endsWith('/apply_manifest'));
    assert.is(manifest?.headers['content-type'], 'application/x-yaml');
    assert.equal(JSON.parse(manifest?.body ?? ''), { applications: [{ name: 'hello', 'default-route': true }] });
    assert.match(output, `url        http://hello.localhost:${new URL(api.url).port}\n`);
    assert.match(output, 'localpaas logs hello');
    assert.is(messages, `Pushing hello from ${folder}\nUploading 1 file, 8B\nStaging hello\nStarting hello\n`);
  });

  it('prints the app as JSON for programs', async (scope) => {
    const api = await platform(scope);

    const { output } = await runCli(['push', await hello(scope), '--json'], { home: api.home });

    const pushed = JSON.parse(output);
    assert.is(pushed.name, 'hello');
    assert.is(pushed.health, 'running');
    assert.equal(pushed.urls, [`http://hello.localhost:${new URL(api.url).port}`]);
  });

  it('only uploads with --no-start', async (scope) => {
    const api = await platform(scope);

    const { exitCode, output } = await runCli(['push', await hello(scope), '--no-start'], { home: api.home });

    assert.is(exitCode, 0);
    assert.equal(changesIn(api), [apply, 'POST /v3/packages', upload]);
    assert.match(output, 'localpaas start hello');
  });

  it('shows the staging lines as they come, and only those', async (scope) => {
    const lines: [number, string, string][] = [
      [100, 'STG', 'an old line'],
      [200, 'STG', '-----> Node'],
      [201, 'APP/PROC/WEB', 'not this'],
      [202, 'STG', 'done'],
    ];
    let builds = 0;
    const api = await platform(scope, {
      'GET /api/v1/read/guid-of-hello': ({ query }) => {
        const from = BigInt(query.get('start_time') ?? 0);
        const there = lines.slice(0, 1 + builds).filter(([second]) => BigInt(second) * 1_000_000_000n >= from);
        return logAnswer(query.has('descending') ? there.reverse().slice(0, 1) : there);
      },
      'GET /v3/builds/build-1': () => {
        builds += 1;
        return builds < 8 ? buildIn('STAGING') : buildIn('STAGED', { droplet: { guid: 'droplet-1' } });
      },
    });

    const { messages } = await runCli(['push', await hello(scope)], { home: api.home });

    assert.match(messages, /Staging hello\n {2}-----> Node\n {2}done\n/);
    assert.not.match(messages, 'old line');
    assert.not.match(messages, 'not this');
  });

  it('fails when the app cannot be staged, and starts nothing', async (scope) => {
    const api = await platform(scope, {
      'GET /v3/builds/build-1': buildIn('FAILED', { error: 'StagingError - no framework fits this app.' }),
      'GET /api/v1/read/guid-of-hello': ({ query }) =>
        logAnswer(query.has('descending') ? [] : [[5, 'STG', 'looked at app.js']]),
    });

    const { exitCode, output, messages } = await runCli(['push', await hello(scope)], { home: api.home });

    assert.is(exitCode, 1);
    assert.is(output, '');
    assert.match(
      messages,
      /looked at app\.js\nerror {2}hello cannot be staged: StagingError - no framework fits this app\.\n {7}Mend the app, or say with `--command`/,
    );
    assert.not.ok(changesIn(api).some((call) => call.includes('restart')));
  });

  it('goes on when the staging log cannot be read', async (scope) => {
    const api = await platform(scope, { 'GET /api/v1/read/guid-of-hello': refusal(500, 'UnknownError', 'no log') });

    const { exitCode, messages } = await runCli(['push', await hello(scope)], { home: api.home });

    assert.is(exitCode, 0);
    assert.match(messages, /warning {2}The staging log cannot be shown: no log/);
  });

  it('fails when the app does not start, with its last words', async (scope) => {
    const api = await platform(scope, {
      'GET /v3/processes/guid-of-hello/stats': {
        body: { resources: [statsResource(0, 'CRASHED', { details: 'exited with status 7' })] },
      },
      'GET /api/v1/read/guid-of-hello': ({ query }) =>
        logAnswer(query.get('limit') === '200' ? [[5, 'APP/PROC/WEB', 'no flux capacitor']] : []),
    });

    const { exitCode, messages } = await runCli(['push', await hello(scope)], { home: api.home });

    assert.is(exitCode, 1);
    assert.match(messages, /no flux capacitor\nerror {2}hello does not run: it crashed, exited with status 7\./);
  });

  it('passes on why a manifest or an upload is refused', async (scope) => {
    const errors = [
      { code: 1, title: 'CF-UnprocessableEntity', detail: "For application 'hello': memory needs a unit." },
    ];
    const folder = await hello(scope);
    const refusing = await platform(scope, { 'GET /v3/jobs/j': { body: { guid: 'j', state: 'FAILED', errors } } });
    const manifest = await runCli(['push', folder], { home: refusing.home });
    assert.is(manifest.exitCode, 1);
    assert.match(manifest.messages, /For application 'hello': memory needs a unit\./);
    assert.not.ok(changesIn(refusing).includes('POST /v3/packages'));

    for (const answer of [
      refusal(422, 'CF-AppBitsUploadInvalid', 'A member leaves its directory.'),
      packageIn('FAILED'),
    ]) {
      const api = await platform(scope, { [upload]: answer });
      const { exitCode, messages } = await runCli(['push', folder], { home: api.home });
      assert.is(exitCode, 1);
      assert.match(messages, /A member leaves its directory\.|The upload failed: the platform did not take it in\./);
    }
  });

  it('changes nothing when the app cannot be pushed as it is', async (scope) => {
    const api = await platform(scope);
    const empty = join(await scratchDirectory(scope), 'empty');
    await mkdir(empty);

    for (const args of [[empty], ['/no/such/folder'], [empty, '--env', 'X'], [empty, '--manifest', '/none.yml']]) {
      assert.is((await runCli(['push', ...args], { home: api.home })).exitCode, 2);
    }
    assert.equal(
      api.requests.filter(({ method }) => method !== 'GET'),
      [],
    );
  });

  it('says what was left how when it is interrupted', async (scope) => {
    const folder = await hello(scope);
    const stages: [string, RegExp][] = [
      ['GET /v3/spaces', /^Stopped before anything was changed\.$/m],
      [
        'POST /v3/packages',
        /^Stopped\. The settings of hello are stored, its files are not uploaded; what ran before/m,
      ],
      ['POST /v3/builds', /^Stopped\. The files of hello are uploaded but not in use; what ran before/m],
      [`POST ${app}/actions/restart`, /^Stopped waiting\. The platform goes on starting the new version of hello/m],
    ];
    for (const [call, expected] of stages) {
      const stop = new AbortController();
      const api = await platform(scope, {
        [call]: () => {
          stop.abort(new Interrupted('SIGINT'));
          return new Promise(() => {}); // the platform never gets to answer
        },
      });

      const { exitCode, messages } = await runCli(['push', folder], { home: api.home, signal: stop.signal });

      assert.is(exitCode, 130, call);
      assert.match(messages, expected);
    }
  });
});
