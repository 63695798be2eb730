import { existsSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { Interrupted } from '#cli/world.ts';
import { signalProcess } from '#ground/child.ts';
import { waitFor } from '#ground/wait.ts';
import { describe } from '../../support/spec.ts';
import { appResource, pageOf, type RecordedApi } from '../recorded-api.ts';
import { runCli } from '../run-cli.ts';
import { apply, hello, platform, upload } from './push-platform.ts';

const changesIn = ({ calls }: RecordedApi) => calls().filter((call) => !call.startsWith('GET'));

describe('push with a manifest', (it) => {
  it('pushes all apps of a manifest, which is applied at once, one after the other', async (scope) => {
    const api = await platform(scope, {
      'GET /v3/apps': ({ query }) => pageOf([appResource(query.get('names') ?? '', 'STOPPED', 'guid-of-hello')]),
    });
    const folder = await hello(scope);
    await writeFile(join(folder, 'manifest.yml'), 'applications:\n- {name: hello}\n- {name: hello, no-route: true}\n');
    assert.is((await runCli(['push'], { home: api.home, workingDirectory: folder })).exitCode, 2);
    await writeFile(join(folder, 'manifest.yml'), 'applications:\n- {name: hello, memroy: 1}\n- {name: other}\n');

    const { exitCode, output, messages } = await runCli(['push', '--no-start', '--json'], {
      home: api.home,
      workingDirectory: folder,
    });

    const manifest = api.requests.find(({ path }) => path.endsWith('/apply_manifest'));
    assert.equal(JSON.parse(manifest?.body ?? ''), {
      applications: [
        { name: 'hello', 'default-route': true },
        { name: 'other', 'default-route': true },
      ],
    });
    assert.equal(changesIn(api), [apply, 'POST /v3/packages', upload, 'POST /v3/packages', upload]);
    assert.match(messages, /Pushing hello from .*\nPushing other from /);
    assert.is(JSON.parse(output).length, 2);
    assert.match(messages, /warning {2}hello: .*manifest\.yml:2: 'memroy' is unknown and was left out\./);
    assert.is(exitCode, 0, messages);
  });

  it('runs what is to be run before, with its environment, and what it made is pushed', async (scope) => {
    const api = await platform(scope);
    const folder = await hello(scope);
    const line = 'echo "for $STACKATO_APP_NAME $STACKATO_CLIENT $STACKATO_HOOK_ACTION $OWN" | tee made.txt';
    await writeFile(join(folder, 'stackato.yml'), `name: hello\nhooks:\n  pre-push: '${line}'\n`);

    const { exitCode, messages } = await runCli(['push', '--no-start'], {
      home: api.home,
      workingDirectory: folder,
      env: { SHELL: '/bin/sh', OWN: 'mine' },
    });

    assert.is(exitCode, 0, messages);
    assert.match(messages, /\n {2}for hello localpaas update mine\n/);
    assert.match(messages, 'Uploading 3 files');
  });

  it('pushes nothing when what is run before fails, and leaves nothing of it behind', async (scope) => {
    const api = await platform(scope);
    const folder = await hello(scope);
    const lines = ['sleep 300 & echo $! > pid; echo oh no >&2; exit 7', 'touch never'];
    await writeFile(join(folder, 'stackato.yml'), `hooks:\n  pre-push: ${JSON.stringify(lines)}\n`);

    const { exitCode, messages } = await runCli(['push'], { home: api.home, workingDirectory: folder });

    assert.is(exitCode, 2);
    assert.match(messages, /oh no\nerror {2}The hook pre-push of hello failed with exit code 7: sleep 300/);
    assert.equal(changesIn(api), []);
    assert.not.ok(existsSync(join(folder, 'never')));
    const pid = Number(readFileSync(join(folder, 'pid'), 'utf8'));
    await waitFor('the end of what the hook left', () => (signalProcess(pid, 0) ? undefined : true), {
      limitMs: 15_000,
    });
  });

  it('ends what is run before when it is interrupted', async (scope) => {
    const api = await platform(scope);
    const folder = await hello(scope);
    await writeFile(join(folder, 'stackato.yml'), 'name: hello\nhooks: { pre-push: "echo $$ > pid; sleep 300" }\n');
    const stop = new AbortController();

    const pushing = runCli(['push'], { home: api.home, workingDirectory: folder, signal: stop.signal });
    const readPid = () =>
      (existsSync(join(folder, 'pid')) ? readFileSync(join(folder, 'pid'), 'utf8') : '') || undefined;
    const pid = Number(await waitFor('the hook', readPid, { limitMs: 15_000 }));
    stop.abort(new Interrupted('SIGINT'));
    const { exitCode, messages } = await pushing;

    assert.is(exitCode, 130);
    assert.match(messages, 'Stopped before anything was changed.');
    assert.is(signalProcess(pid, 0), false);
  });

  it('shows nothing of a hidden answer', async (scope) => {
    const api = await platform(scope);
    const folder = await hello(scope);
    await writeFile(join(folder, 'stackato.yml'), 'name: hello\nenv: { KEY: { required: true, hidden: true } }\n');

    const { exitCode, output, messages } = await runCli(['push', '--no-start'], {
      home: api.home,
      workingDirectory: folder,
      isTerminal: true,
      input: 'open sesame\n',
    });

    assert.is(exitCode, 0, messages);
    assert.not.match(output + messages, 'sesame');
    const manifest = api.requests.find(({ path }) => path.endsWith('/apply_manifest'));
    assert.equal(JSON.parse(manifest?.body ?? '').applications[0].env, { KEY: 'open sesame' });
  });

  it('asks at the terminal for variables that are required', async (scope) => {
    const api = await platform(scope);
    const folder = await hello(scope);
    const form = '{ required: true, prompt: Which token, choices: [red, blue] }';
    await writeFile(join(folder, 'stackato.yml'), `name: hello\nenv:\n  TOKEN: ${form}\n`);
    const push = (options: object) =>
      runCli(['push', '--no-start'], { home: api.home, workingDirectory: folder, ...options });

    const asked = await push({ isTerminal: true, input: 'blue\n' });
    const wrong = await push({ isTerminal: true, input: 'green\n' });
    const nobody = await push({});

    assert.is(asked.exitCode, 0, asked.messages);
    assert.match(asked.messages, 'Which token (red, blue): ');
    const manifest = api.requests.find(({ path }) => path.endsWith('/apply_manifest'));
    assert.equal(JSON.parse(manifest?.body ?? '').applications[0].env, { TOKEN: 'blue' });
    assert.match(wrong.messages, "The variable TOKEN cannot be 'green'.");
    assert.match(nobody.messages, 'The app needs the variable TOKEN (Which token), and nobody gave it a value.');
    assert.equal([wrong.exitCode, nobody.exitCode], [2, 2]);
  });
});
