import { readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { listen } from '#ground/ports.ts';
import { waitFor } from '#ground/wait.ts';
import { emptyHome } from '../support/localpaas.ts';
import { OldClient, type OldMessage } from '../support/old-client.ts';
import { type RunningPart, startFakeCc, startOpenBus, startPart } from '../support/parts.ts';
import { scratchDirectory } from '../support/scratch.ts';
import { describe, type Scope } from '../support/spec.ts';

const sinatra = {
  services: [],
  // One map with two rules, as the script of 2012 sends it.
  framework_info: {
    name: 'sinatra',
    detection: [{ '*.rb': '\\s*require[\\s\\(]*[\'"]sinatra(/base)?[\'"]', 'config/environment.rb': false }],
  },
  runtime_info: { name: 'ruby19', executable: 'ruby', version: '1.9.3' },
  resources: { memory: 256, disk: 256, fds: 1024 },
};

/** As the article's log has it, without the times. */
const articleLog = [
  'Setting up temporary directories',
  'Downloading application',
  'Unpacking application',
  'Staging application',
  '# Logfile created on TIME by logger.rb/VERSION',
  'Auto-reconfiguration disabled because app does not use Bundler.',
  'Please provide a Gemfile.lock to use auto-reconfiguration.',
  'Creating droplet',
  'Uploading droplet',
  'Done!',
];

function withoutTimes(taskLog: string): string[] {
  return taskLog
    .trimEnd()
    .split('\n')
    .map((line) =>
      line
        .replace(/^\[\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\] /, '')
        .replace(/created on .* by logger\.rb\/\S+/, 'created on TIME by logger.rb/VERSION'),
    );
}

async function startDea(scope: Scope, home: string, uri: string, more = ''): Promise<RunningPart> {
  const folder = await scratchDirectory(scope);
  const file = join(folder, 'dea.yml');
  const keys = [`base_dir: ${folder}/dea`, 'runtimes: [ruby19]', 'max_memory: 1024', 'multi_tenant: true'];
  await writeFile(file, `${[...keys, `mbus: ${uri}`, more].join('\n')}\n`);
  return startPart(scope, home, ['dea', '-c', file]);
}

/** An app that needs nothing but what every Unix has: the old client must not wait for a Ruby web server. */
async function appFolder(scope: Scope): Promise<string> {
  const folder = join(await scratchDirectory(scope), 'app');
  await mkdir(folder);
  await writeFile(join(folder, 'app.rb'), "require 'sinatra'\nget('/') { 'hello' }\n");
  return folder;
}

/** What the client of 2012 sent in the session that was recorded, until it answered requests itself. */
function recordedBytes(): string {
  const lines = readFileSync(join(import.meta.dirname, 'recorded', 'nats-wire.txt'), 'utf8').split('\n');
  const sent = lines.filter((line) => line.startsWith('1 C>S ')).map((line) => JSON.parse(line.slice(6)) as string);
  return sent.slice(0, 2).join('');
}

const withoutInboxes = (bytes: string) => bytes.replace(/_INBOX\.[0-9a-f]{26}(?= )/g, '_INBOX.26');

describe('the Ruby client of 2012', (it) => {
  it('is played byte for byte', async (scope) => {
    let received = '';
    const server = createServer((socket) => {
      scope.defer(() => void socket.destroy());
      socket.on('data', (chunk) => {
        received += chunk.toString();
        // It gets INFO late: it has spoken before.
        if (received.endsWith('PING\r\n')) socket.write('INFO {"server_id":"test"}\r\nPONG\r\n');
      });
    });
    const port = await listen(server, { host: '127.0.0.1', port: 0, who: 'The test' });
    scope.defer(() => void server.close());
    const client = await OldClient.connect(scope, port);
    const nothing = () => {};

    client.subscribe('staging', nothing, 'staging');
    client.subscribe('staging', nothing, 'staging');
    client.subscribe('>', nothing);
    for (let i = 0; i < 5; i += 1) client.request('staging', { i }, nothing);
    client.request('nobody.home', undefined, nothing, 1);
    client.request('nobody.home2', undefined, nothing);
    client.publish('empty.msg', undefined);
    client.publish('done', undefined);
    await client.flush();

    assert.is(withoutInboxes(received), withoutInboxes(recordedBytes()));
  });

  it(
    'asks a stager for a droplet, and hears the whole conversation with `>`',
    async (scope) => {
      const home = await emptyHome(scope);
      const { port, uri } = await startOpenBus(scope, home);
      const stager = await startPart(scope, home, ['stager', '--join', uri]);
      const cc = await startFakeCc(scope, home, ['--app', await appFolder(scope)]);
      await stager.says(/Server running/);
      const client = await OldClient.connect(scope, port);
      const all: OldMessage[] = [];
      client.subscribe('>', (message) => void all.push(message));

      const reply = await client.ask('staging', {
        app_id: 'my-sinatra-app',
        download_uri: `${cc.url}/download_unstaged_app/my-sinatra-app`,
        upload_uri: `${cc.url}/upload_droplet/my-sinatra-app/upload_id`,
        properties: sinatra,
      });
      await client.flush();

      assert.equal(withoutTimes(String(reply['task_log'])), articleLog);
      assert.equal(Object.keys(reply).slice(0, 2), ['task_id', 'task_log']);
      assert.match(String(reply['task_id']), /^[0-9a-f]{32}$/);
      assert.is(reply['error'] ?? null, null);
      const inbox = all.find(({ subject }) => subject === 'staging')?.reply ?? '';
      assert.match(inbox, /^_INBOX\.[0-9a-f]{26}$/);
      assert.ok(
        all.some(({ subject }) => subject === inbox),
        'the reply is seen by who listens to everything',
      );
      assert.match(cc.said(), /UNSTAGED APP BEING REQUESTED\n\{"id"=>"my-sinatra-app"\}/);
      assert.match(cc.said(), /RECEIVED DROPLET: stager uploaded staged droplet /);
      assert.equal(client.poisonous, []);
    },
    { timeoutMs: 120_000 },
  );

  it(
    'discovers a DEA, asks for its status with nothing, and does not harm it with nonsense',
    async (scope) => {
      const home = await emptyHome(scope);
      const { port, uri } = await startOpenBus(scope, home);
      const client = await OldClient.connect(scope, port);
      const seen: OldMessage[] = [];
      client.subscribe('>', (message) => void seen.push(message));
      await startDea(scope, home, uri);
      const subjects = () => seen.map(({ subject }) => subject);
      await waitFor('the DEA', () => (subjects().includes('dea.start') ? true : undefined), { limitMs: 15_000 });

      const hello = await client.ask('dea.discover', {
        droplet: 42,
        limits: { mem: 64 },
        runtime_info: { name: 'ruby19', executable: 'ruby', version_output: 'ruby 1.9.3' },
      });
      const status = await client.ask('dea.status', undefined);
      client.publish('dea.locate', undefined);
      client.publish('dea.stop', undefined);
      client.send('PUB dea.discover  5\r\n{"oh:\r\n');
      const component = await client.ask('vcap.component.discover', undefined);

      assert.equal(Object.keys(hello), ['id', 'ip', 'port', 'version']);
      assert.equal([status['id'], status['max_memory'], status['num_clients']], [hello['id'], 1024, 0]);
      assert.equal([component['type'], component['uuid']], ['DEA', hello['id']]);
      assert.ok(subjects().includes('vcap.component.announce') && subjects().includes('dea.advertise'));
      assert.equal(client.poisonous, []);
    },
    { timeoutMs: 120_000 },
  );

  it(
    'is served by the bus as it always was',
    async (scope) => {
      const { port } = await startOpenBus(scope, await emptyHome(scope));
      const client = await OldClient.connect(scope, port);
      const counts = [0, 0];
      const all: string[] = [];
      const replies: string[] = [];
      client.subscribe(
        'staging',
        ({ reply = '' }) => {
          counts[0] = (counts[0] ?? 0) + 1;
          client.publish(reply, { from: 0 });
        },
        'staging',
      );
      client.subscribe(
        'staging',
        ({ reply = '' }) => {
          counts[1] = (counts[1] ?? 0) + 1;
          client.publish(reply, { from: 1 });
        },
        'staging',
      );
      client.subscribe('>', ({ subject }) => void all.push(subject));

      for (let i = 0; i < 20; i += 1) client.request('staging', { i }, ({ text }) => void replies.push(text), 1);
      client.request('nobody.home', undefined, ({ text }) => void replies.push(text), 1);
      client.publish('empty.msg', undefined);
      await client.flush();
      await client.flush();

      assert.is((counts[0] ?? 0) + (counts[1] ?? 0), 20, 'each request goes to one of the group');
      assert.is(replies.length, 20, 'nobody is at home, and nobody says so');
      assert.is(all.filter((subject) => subject.startsWith('_INBOX.')).length, 20);
      assert.ok(all.includes('empty.msg'));
      assert.equal(client.poisonous, []);
      assert.not(client.heard.some((line) => /^HMSG/.test(line)));
    },
    { timeoutMs: 120_000 },
  );
});
