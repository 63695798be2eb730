import { cp, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { homeOf, type PlatformRecord, readPlatformRecord } from '#assembly/home.ts';
import { Interrupted } from '#cli/world.ts';
import { call } from '#ground/http-client.ts';
import { waitFor } from '#ground/wait.ts';
import { natsServerProgram } from '../support/programs.ts';
import { scratchDirectory } from '../support/scratch.ts';
import { describe, type Scope } from '../support/spec.ts';
import { type CliOptions, type CliRun, runCli } from './run-cli.ts';
import { textSink } from './text-sink.ts';

const sampleApps = join(import.meta.dirname, '../../sample-apps');

interface Platform {
  readonly record: PlatformRecord;
  run(args: readonly string[], options?: CliOptions): Promise<CliRun>;
  /** The body an app answers with, by its host name. */
  get(host: string, path?: string): Promise<string>;
}

/** A whole platform in this process, brought up and down by the command line itself. */
async function platform(scope: Scope): Promise<Platform> {
  const home = join(await scratchDirectory(scope), 'home');
  const env = { LOCALPAAS_NATS_SERVER: await natsServerProgram() };
  const stop = new AbortController();
  const sink = textSink();
  const up = runCli(['up', '--json', '--port', '0', '--bus-port', '0'], { home, env, signal: stop.signal, sink });
  scope.defer(async () => {
    stop.abort(new Interrupted('SIGTERM'));
    assert.is((await up).exitCode, 0, (await up).messages);
  });
  await waitFor('the platform', () => (sink.text().includes('"ready"') ? true : undefined), { limitMs: 20_000 });
  const record = await readPlatformRecord(homeOf(home, {}));
  if (record === undefined) throw new Error('It is ready and says nothing about itself.');
  const { port } = new URL(record.url);
  return {
    record,
    run: (args, options) => runCli(args, { home, ...options }),
    async get(host, path = '/') {
      return (await call(record.url + path, { headers: { host: `${host}.localhost:${port}` } })).text();
    },
  };
}

async function ok(run: Promise<CliRun>): Promise<string> {
  const { exitCode, output, messages } = await run;
  assert.is(exitCode, 0, output + messages);
  return output;
}

/** A folder with these files. */
async function folderWith(scope: Scope, files: Readonly<Record<string, string>>): Promise<string> {
  const folder = join(await scratchDirectory(scope), 'made-here');
  await mkdir(folder);
  for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), content);
  return folder;
}

const limits = { timeoutMs: 120_000 };

describe('command line, with a real platform,', (it) => {
  it(
    'pushes, changes, shows and deletes an app',
    async (scope) => {
      const { run, get, record } = await platform(scope);
      const url = `http://hello-node.localhost:${new URL(record.url).port}`;

      const pushed = await run(['push', join(sampleApps, 'hello-node')]);
      assert.is(pushed.exitCode, 0, pushed.messages);
      assert.match(pushed.output, url);
      assert.match(pushed.messages, /Staging hello-node\n(.*\n)*.*Done!/);
      assert.match(await get('hello-node'), /^Hello from Node/);

      await ok(run(['set-env', 'hello-node', 'GREETING', 'Tere']));
      await ok(run(['restart', 'hello-node']));
      assert.match(await get('hello-node'), /^Tere from Node/);
      assert.match(await ok(run(['env', 'hello-node'])), /^GREETING=Tere$/m);

      const [app] = JSON.parse(await ok(run(['apps', '--json'])));
      assert.equal(app.instances, { running: 1, wanted: 1 });
      assert.equal(app.urls, [url]);
      assert.match(await ok(run(['events', 'hello-node'])), /audit\.app\.create/);
      assert.match(await ok(run(['logs', 'hello-node', '--recent'])), /\[STG\/0\] OUT/);

      await ok(run(['delete', 'hello-node', '-f', '-r']));
      assert.match(await ok(run(['apps'])), /^No apps yet/);
      assert.match(await ok(run(['routes'])), /^No routes yet/);
    },
    limits,
  );

  it(
    'uploads of a second push only what changed',
    async (scope) => {
      const { run, get } = await platform(scope);
      const folder = join(await scratchDirectory(scope), 'app');
      await cp(join(sampleApps, 'hello-node'), folder, { recursive: true });
      await writeFile(join(folder, 'large'), 'x'.repeat(300_000));
      await ok(run(['push', folder, '--name', 'hello']));
      await writeFile(
        join(folder, 'app.js'),
        "require('http').createServer((_, r) => r.end('new')).listen(process.env.PORT);",
      );

      await ok(run(['push', folder, '--name', 'hello']));

      assert.is(await get('hello'), 'new');
    },
    limits,
  );

  it(
    'pushes apps as a manifest and a stackato.yml describe them',
    async (scope) => {
      const { run, get } = await platform(scope);
      const values = "process.env.COLOUR, process.env.V, process.env.T, require('fs').existsSync('made')";
      const folder = await folderWith(scope, {
        'manifest.yml': `small: &small { memory: 64M, env: { COLOUR: ((colour)), V: 1.10, T: none } }
applications:
- { <<: *small, name: front, path: . }
- { <<: *small, name: back, path: ., instances: 2, command: node app.js, host: rear }
`,
        'app.js': `require('http').createServer((_, r) => r.end([${values}].join(' '))).listen(process.env.PORT);`,
        '.cfignore': '*.log\n!manifest.yml\n',
      });

      assert.match((await run(['push'], { workingDirectory: folder })).messages, 'Expected to find variables: colour.');
      await ok(run(['push', '--var', 'colour=red'], { workingDirectory: folder }));

      assert.is(await get('front'), 'red 1.10 none false');
      assert.is(await get('rear'), 'red 1.10 none false');
      const apps = JSON.parse(await ok(run(['apps', '--json']))) as { name: string; instances: { wanted: number } }[];
      assert.equal(
        apps.map(({ name, instances }) => [name, instances.wanted]),
        [
          ['back', 2],
          ['front', 1],
        ],
      );

      const stackato = 'env: { T: { default: "08" } }\nhooks: { pre-push: touch made, pre-running: date }\n';
      await writeFile(join(folder, 'stackato.yml'), stackato);
      const again = await run(['push', 'front', '--var', 'colour=blue'], { workingDirectory: folder });

      assert.is(again.exitCode, 0, again.messages);
      assert.is(await get('front'), 'blue 1.10 none true');
      assert.is(await get('rear'), 'red 1.10 none false');
      const [front] = JSON.parse(await ok(run(['curl', '/v3/apps?names=front']))).resources;
      assert.equal(front.metadata.annotations, { 'localpaas/hooks': '{"pre-running":["date"]}' });
    },
    limits,
  );

  it(
    'tells why an app cannot be staged',
    async (scope) => {
      const { run } = await platform(scope);
      const folder = await folderWith(scope, { 'notes.txt': 'nothing to run' });

      const { exitCode, messages } = await run(['push', folder]);

      assert.is(exitCode, 1);
      assert.match(messages, /error {2}made-here cannot be staged: /);
      assert.match(messages, /--command/);
    },
    limits,
  );

  it(
    'tells why an app does not start, when it failed for the first time',
    async (scope) => {
      const { run } = await platform(scope);
      const folder = await folderWith(scope, { 'app.js': "console.log('here I am'); setInterval(() => {}, 1000);" });

      const { exitCode, messages } = await run(['push', folder, '--timeout', '1', '-m', '64M']);

      assert.is(exitCode, 1);
      assert.match(messages, /last lines of made-here:\n(.*\n)* {2}here I am\n/);
      assert.match(messages, /error {2}made-here does not run: it crashed, did not listen on port \d+ within 1 s/);
    },
    limits,
  );

  it(
    'follows the log of a running app',
    async (scope) => {
      const { run, get } = await platform(scope);
      await ok(run(['push', join(sampleApps, 'hello-node')]));
      const stop = new AbortController();
      const sink = textSink();
      const following = run(['logs', 'hello-node'], { signal: stop.signal, sink });
      await waitFor('the lines before', () => (sink.text() === '' ? undefined : true), { limitMs: 15_000 });

      await get('hello-node', '/marker');
      const marker = /\[RTR\/0\] OUT .*"GET \/marker HTTP/;
      await waitFor('the line', () => (marker.test(sink.text()) ? true : undefined), { limitMs: 15_000 });
      stop.abort(new Interrupted('SIGINT'));

      await ok(following);
    },
    limits,
  );

  it(
    'tells of the platform itself',
    async (scope) => {
      const { run, record } = await platform(scope);

      const status = JSON.parse(await ok(run(['status', '--json'])));
      assert.is(status.url, record.url);
      const doctor = JSON.parse((await run(['doctor', '--json'])).output) as {
        checks: { check: string; found: string }[];
      };
      const found = new Map(doctor.checks.map((each) => [each.check, each.found]));
      assert.match(found.get('router port') ?? '', new RegExp(`^localpaas \\(pid ${record.pid}\\) listens on port`));
      assert.match(found.get('bus port') ?? '', /^localpaas \(pid/);
    },
    limits,
  );
});
