import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import * as assert from 'uvu/assert';
import { type LogBatch, logBatches } from '#contract/logs.ts';
import { extractTarGz } from '#ground/tar.ts';
import { rawZip } from '../../ground/raw-zip.ts';
import { connectBus } from '../../support/bus.ts';
import { scratchDirectory } from '../../support/scratch.ts';
import { describe, type Scope } from '../../support/spec.ts';
import { layoutOf } from '../../workload/lifecycle/apps.ts';
import { allRemoved, askToStage, linesOf, playCloudController, requestFor, startStager } from './peers.ts';

const sinatra = rawZip([{ name: 'app.rb', content: "require 'sinatra'\n\nget '/' do\n  \"Hello World!\"\nend\n" }]);
const node = rawZip([
  { name: 'app.js', content: "require('node:http').createServer((_, r) => r.end('hi')).listen(process.env.PORT)\n" },
  { name: 'package.json', content: '{"scripts": {"start": "node app.js"}}' },
  { name: 'README.md', content: '# Hello\n' },
  { name: 'manifest.yml', content: 'applications:\n  - name: hello\n' },
]);

const steps = [
  'Setting up temporary directories',
  'Downloading application',
  'Unpacking application',
  'Staging application',
  'Creating droplet',
  'Uploading droplet',
  'Done!',
];

async function unpacked(scope: Scope, droplet: Buffer | undefined): Promise<string> {
  const directory = join(await scratchDirectory(scope), 'droplet');
  await extractTarGz(Readable.from([droplet ?? Buffer.alloc(0)]), directory);
  return directory;
}

describe('stager', (it) => {
  it('makes a droplet of a Sinatra app, with the ten lines of the article', async (scope) => {
    const stager = await startStager(scope, { scripts: '8f2fa00' });
    const cloud = await playCloudController(scope, sinatra);
    const framework_info = { name: 'sinatra' };
    const request = requestFor(cloud, { framework_info, runtime_info: { name: 'ruby19', version: '1.9.3' } });

    const reply = await askToStage(stager.bus, request);

    const lines = linesOf(reply);
    assert.match(reply.task_id, /^[0-9a-f]{32}$/);
    assert.is(reply.error, undefined);
    assert.match(lines[4] ?? '', /^# Logfile created on .* by logger\.rb\/31641$/);
    assert.equal(lines, [
      ...steps.slice(0, 4),
      lines[4],
      'Auto-reconfiguration disabled because app does not use Bundler.',
      'Please provide a Gemfile.lock to use auto-reconfiguration.',
      ...steps.slice(4),
    ]);
    const droplet = await unpacked(scope, cloud.uploads[0]?.droplet);
    assert.ok(layoutOf(droplet).includes('-r-x------ f ./startup'));
    assert.match(readFileSync(join(droplet, 'startup'), 'utf8'), '> ../logs/stdout.log');
    await allRemoved(stager);
  });

  it('says what it found when nobody chose a framework', async (scope) => {
    const { bus } = await startStager(scope);
    const cloud = await playCloudController(scope, node);

    const reply = await askToStage(bus, requestFor(cloud));

    assert.equal(linesOf(reply), steps);
    assert.equal([reply.framework, reply.runtime, reply.start_command], ['node', 'node', 'node app.js']);
  });

  it('reads the zip where it lies, when that is on this machine, and leaves it there', async (scope) => {
    const stager = await startStager(scope);
    const cloud = await playCloudController(scope, sinatra);
    const path = join(await scratchDirectory(scope), 'app.zip');
    writeFileSync(path, node, { mode: 0o400 });

    const reply = await askToStage(stager.bus, { ...requestFor(cloud), download_file: path });

    assert.equal([reply.error, reply.framework], [undefined, 'node']);
    assert.equal(linesOf(reply), steps);
    assert.equal(cloud.downloads, []);
    await allRemoved(stager);
    assert.ok(readFileSync(path).equals(node));
  });

  it('has the zip sent when the path leads to nothing it may read', async (scope) => {
    const { bus } = await startStager(scope, { maxPackageBytes: 10_000 });
    const cloud = await playCloudController(scope, node);
    const directory = await scratchDirectory(scope);
    const large = join(directory, 'large.zip');
    writeFileSync(large, Buffer.alloc(10_001));

    for (const path of [join(directory, 'missing.zip'), directory, large, 'package.json', '', null]) {
      const reply = await askToStage(bus, { ...requestFor(cloud), download_file: path });
      assert.equal([reply.error, reply.framework], [undefined, 'node'], String(path));
    }

    assert.is(cloud.downloads.length, 6);
  });

  it('fails with a damaged zip that lies here as with one that was sent', async (scope) => {
    const { bus } = await startStager(scope);
    const cloud = await playCloudController(scope, node);
    const path = join(await scratchDirectory(scope), 'app.zip');
    writeFileSync(path, node.subarray(0, node.length - 30));

    const reply = await askToStage(bus, { ...requestFor(cloud), download_file: path });

    assert.match(reply.error ?? '', 'Failed unpacking app: The zip cannot be read');
  });

  it('runs the command of a standalone app', async (scope) => {
    const { bus } = await startStager(scope);
    const cloud = await playCloudController(scope, node);
    const meta = { command: 'node app.js --port $PORT' };

    const reply = await askToStage(bus, requestFor(cloud, { framework_info: { name: 'standalone' }, meta }));

    assert.equal([reply.framework, reply.runtime, reply.start_command], ['standalone', 'node', meta.command]);
    const droplet = await unpacked(scope, cloud.uploads[0]?.droplet);
    assert.match(
      readFileSync(join(droplet, 'startup'), 'utf8'),
      `\n${meta.command} > $DROPLET_BASE_DIR/logs/stdout.log`,
    );
    assert.ok(layoutOf(droplet).includes('-rwxr--r-- f ./app/app.js'));
  });

  it('speaks HTTP as the original does, with the credentials of the addresses', async (scope) => {
    const { bus } = await startStager(scope);
    const received: { body: string; length: string | undefined }[] = [];
    const cloud = await playCloudController(scope, node, {
      upload: (request, response) => {
        void buffer(request).then((body) => {
          received.push({ body: body.toString('latin1'), length: request.headers['content-length'] });
          received.push({ body: String(request.headers.authorization), length: undefined });
          response.end();
        });
      },
    });
    const request = requestFor(cloud);
    const withUser = (address: string) => address.replace('//', '//user:pass%20word@');

    const reply = await askToStage(bus, {
      ...request,
      download_uri: withUser(request.download_uri),
      upload_uri: withUser(request.upload_uri),
    });

    const authorization = `Basic ${Buffer.from('user:pass word').toString('base64')}`;
    assert.is(reply.error, undefined);
    assert.is(cloud.downloads[0]?.headers.authorization, authorization);
    assert.is(cloud.downloads[0]?.headers.accept, '*/*');
    const [form, shown] = received;
    const [boundary, disposition, type, blank, ...rest] = (form?.body ?? '').split('\r\n');
    assert.is(shown?.body, authorization);
    assert.is(disposition, 'Content-Disposition: form-data; name="upload[droplet]"; filename="droplet.tgz"');
    assert.equal([type, blank], ['Content-Type: application/octet-stream', '']);
    assert.equal(rest.slice(-2), [`${boundary}--`, '']);
    assert.is(form?.length, String(form?.body.length));
  });

  it('says each line as it comes, before the reply', async (scope) => {
    const { address } = await startStager(scope);
    const cloud = await playCloudController(scope, sinatra);
    const heard: LogBatch[] = [];
    const listener = await connectBus(scope, address);
    scope.use(listener.subscribe(logBatches, (batch) => void heard.push(batch)));
    await listener.flush();

    const reply = await askToStage(listener, { ...requestFor(cloud), log_id: 'app-guid' });

    assert.equal(
      heard.flatMap(({ lines }) => lines.map(({ text }) => text)),
      linesOf(reply),
    );
    for (const { source_id, source_type, instance_id, lines } of heard) {
      assert.equal([source_id, source_type, instance_id, lines[0]?.stream], ['app-guid', 'STG', '0', 'OUT']);
    }
  });

  it('says a failure on the error stream, and stages without a log id that cannot be used', async (scope) => {
    const { bus } = await startStager(scope);
    const cloud = await playCloudController(scope, node);
    const errors: string[] = [];
    scope.use(
      bus.subscribe(logBatches, ({ lines }) => {
        errors.push(...lines.filter(({ stream }) => stream === 'ERR').map(({ text }) => text));
      }),
    );

    const failed = await askToStage(bus, { ...requestFor(cloud, { framework_info: { name: 'cobol' } }), log_id: 'a' });
    const staged = await askToStage(bus, { ...requestFor(cloud), log_id: 'not. a >token' });

    assert.equal(errors, [failed.error?.replace('Staging task failed:\n ', '')]);
    assert.is(staged.error, undefined);
  });

  it('shares its queue with other stagers, and listens to as many as it is told', async (scope) => {
    const { bus, address } = await startStager(scope, { queues: ['staging', 'staging-two'] });
    const cloud = await playCloudController(scope, node);
    const second = await startStager(scope, { queues: ['staging'] }, { address });

    const replies = await Promise.all(Array.from({ length: 6 }, () => askToStage(bus, requestFor(cloud))));

    assert.is(new Set(replies.map(({ task_id }) => task_id)).size, 6);
    assert.is(cloud.downloads.length, 6);
    assert.is(cloud.uploads.length, 6);
    assert.ok(existsSync(second.dataDir));
  });
});
