import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { connect } from '@nats-io/transport-node';
import * as assert from 'uvu/assert';
import type { StagingReply } from '#contract/staging.ts';
import type { BusAddress } from '#ground/bus.ts';
import { listen } from '#ground/ports.ts';
import { type RawEntry, rawZip } from '../../ground/raw-zip.ts';
import { describe, type Scope } from '../../support/spec.ts';
import { allRemoved, askToStage, linesOf, playCloudController, requestFor, startStager } from './peers.ts';

const steps = ['Setting up temporary directories', 'Downloading application', 'Unpacking application'];
const later = ['Staging application', 'Creating droplet', 'Uploading droplet'];
const node = rawZip([{ name: 'app.js', content: ';' }]);
const failed = 'Staging task failed:\n ';

type Answers = Parameters<typeof playCloudController>[2];
const answering =
  (status: number, headers: Record<string, string> = {}): NonNullable<NonNullable<Answers>['download']> =>
  (request, response) => {
    request.resume();
    response.writeHead(status, headers).end('<html>');
  };

interface Failure {
  readonly zip?: Buffer;
  readonly answers?: Answers;
  readonly framework?: string;
  readonly error: RegExp;
  /** How many of the steps' lines there are. */
  readonly steps: number;
}

const failures: Record<string, Failure> = {
  'the download is refused': {
    answers: { download: answering(404) },
    error: /^Failed downloading app: 127\.0\.0\.1:\d+ answered 404 Not Found\. Check the address/,
    steps: 2,
  },
  'the download is redirected': {
    answers: { download: answering(302, { location: '/elsewhere' }) },
    error: /^Failed downloading app: .* answered 302 Found, and redirects are not followed\. Name the final address/,
    steps: 2,
  },
  'the download breaks off': {
    answers: {
      download: (_, response) => {
        response.writeHead(200, { 'content-length': '5000' }).write('PK');
        setImmediate(() => response.destroy());
      },
    },
    error: /^Failed downloading app: (aborted|socket hang up|read ECONNRESET)/,
    steps: 2,
  },
  'there is no content': {
    zip: Buffer.alloc(0),
    error: /^Failed unpacking app: The zip cannot be read\. \(it is empty\)/,
    steps: 3,
  },
  'the zip is none': { zip: Buffer.from('<html>'), error: /^Failed unpacking app: The zip cannot be read\./, steps: 3 },
  'the zip wants to leave': {
    zip: rawZip([{ name: '../x' }]),
    error: /^Failed unpacking app: The zip's entry '\.\.\/x' would leave the directory/,
    steps: 3,
  },
  'nothing is recognised': {
    zip: rawZip([{ name: 'x' }]),
    error: /^Staging plugin failed: None of the frameworks knows/,
    steps: 4,
  },
  'there is no such framework': {
    framework: 'nosuch',
    error: /^Staging plugin failed: There is no framework 'nosuch'/,
    steps: 4,
  },
  'no command is given': {
    framework: 'standalone',
    error: /^Staging plugin failed: A standalone app has no start command/,
    steps: 4,
  },
  'the upload fails': {
    answers: { upload: answering(500) },
    error: /^Failed uploading droplet: .* answered 500 Internal Server Error\./,
    steps: 6,
  },
  'the upload is redirected': {
    answers: { upload: answering(307, { location: '/elsewhere' }) },
    error: /^Failed uploading droplet: .* answered 307 Temporary Redirect, and redirects are not followed\./,
    steps: 6,
  },
};

/** Publishes bytes as a request and gives back the reply, past every check of ours. */
async function askRaw(scope: Scope, { url, user, password }: BusAddress, payload: string): Promise<StagingReply> {
  const connection = await connect({ servers: url, user: user ?? '', pass: password ?? '' });
  scope.defer(() => connection.close());
  const raw = await connection.request('staging', payload, { timeout: 5_000 });
  return raw.json<StagingReply>();
}

const requests = join(dirname(fileURLToPath(import.meta.url)), 'requests');
const recorded = (name: string): string => JSON.parse(readFileSync(join(requests, `${name}.json`), 'utf8')).raw;

describe('a staging task', (it) => {
  for (const [what, { zip = node, answers, framework = 'auto', error, steps: count }] of Object.entries(failures)) {
    it(`says so when ${what}, and leaves nothing`, async (scope) => {
      const stager = await startStager(scope);
      const cloud = await playCloudController(scope, zip, answers);

      const reply = await askToStage(stager.bus, requestFor(cloud, { framework_info: { name: framework } }));

      const detail = (reply.error ?? '').slice(failed.length);
      assert.ok(reply.error?.startsWith(failed), reply.error ?? 'no error');
      assert.match(detail, error);
      // Like the originals: only what fails while staging also stands in the log.
      const kept = count === 4 ? [detail] : [];
      assert.equal(linesOf(reply), [...[...steps, ...later].slice(0, count), ...kept]);
      assert.is(cloud.uploads.length, 0);
      await allRemoved(stager);
    });
  }

  it('says so when nobody listens at its addresses', async (scope) => {
    const { bus } = await startStager(scope);
    const closed = createServer();
    const port = await listen(closed, { host: '127.0.0.1', port: 0, who: 'The test' });
    await new Promise((resolve) => closed.close(resolve));
    const cloud = await playCloudController(scope, node);
    const request = requestFor(cloud);

    const download = await askToStage(bus, { ...request, download_uri: `http://127.0.0.1:${port}/x` });
    const upload = await askToStage(bus, { ...request, upload_uri: `http://me:secret@127.0.0.1:${port}/x` });

    assert.match(download.error ?? '', /Failed downloading app: connect ECONNREFUSED/);
    assert.match(upload.error ?? '', /Failed uploading droplet: .*(ECONNREFUSED|EPIPE|ECONNRESET)/);
    assert.not.match(upload.error ?? '', 'secret');
  });

  it('takes addresses of http and https only', async (scope) => {
    const { bus } = await startStager(scope);
    const cloud = await playCloudController(scope, node);
    const request = requestFor(cloud);

    for (const address of ['file:///etc/passwd', 'ftp://127.0.0.1/x', 'nowhere']) {
      const download = await askToStage(bus, { ...request, download_uri: address });
      const upload = await askToStage(bus, { ...request, upload_uri: address });

      assert.match(
        download.error ?? '',
        'Failed downloading app: The address in the request is not one of http or https.',
      );
      assert.match(
        upload.error ?? '',
        'Failed uploading droplet: The address in the request is not one of http or https.',
      );
    }
  });

  it('refuses what is larger than allowed: zip, app and number of files', async (scope) => {
    const stager = await startStager(scope, { maxPackageBytes: 50_000, maxAppBytes: 100_000, maxAppFiles: 100 });
    const stage = async (entries: RawEntry[]) => {
      const cloud = await playCloudController(scope, rawZip(entries));
      return (await askToStage(stager.bus, requestFor(cloud))).error ?? '';
    };

    const zip = await stage([{ name: 'x', content: Buffer.alloc(60_000) }]);
    const app = await stage([{ name: 'x', content: Buffer.alloc(200_000), method: 8 }]);
    const files = await stage(Array.from({ length: 101 }, (_, index) => ({ name: `${index}` })));

    assert.match(zip, "Failed downloading app: The app's zip is larger than the 49K that are allowed.");
    assert.match(app, 'Failed unpacking app: The zip unpacks to more than the 98K that are allowed.');
    assert.match(files, 'Failed unpacking app: The zip holds 101 entries or more; 100 are allowed.');
    await allRemoved(stager);
  });

  it('refuses a zip of 100,000 entries at once', async (scope) => {
    const { bus } = await startStager(scope);
    const cloud = await playCloudController(
      scope,
      rawZip(Array.from({ length: 100_000 }, (_, index) => ({ name: `${index}` }))),
    );

    const reply = await askToStage(bus, requestFor(cloud));

    assert.match(reply.error ?? '', /entries or more; 50000 are allowed/);
  });

  const invalid: Record<string, { payload: string; reason: RegExp }> = {
    'no JSON': { payload: recorded('staging'), reason: /it is not JSON/ },
    'no properties': { payload: recorded('staging.noprops'), reason: /properties: Invalid key/ },
    nothing: { payload: '', reason: /Expected Object but received null/ },
    'a list': { payload: '[]', reason: /Invalid/ },
    'memory as text': {
      payload: recorded('staging.nosuch').replace('"memory":256', '"memory":"256"'),
      reason: /properties\.resources\.memory: Invalid type/,
    },
    'no resources': {
      payload: recorded('staging.nosuch').replace('"resources"', '"resource"'),
      reason: /properties\.resources: Invalid key/,
    },
  };
  for (const [what, { payload, reason }] of Object.entries(invalid)) {
    it(`is answered when the request is ${what}`, async (scope) => {
      const { address } = await startStager(scope);

      const reply = await askRaw(scope, address, payload);

      assert.match(reply.task_id, /^[0-9a-f]{32}$/);
      assert.is(reply.task_log, '');
      assert.match(reply.error ?? '', /^Staging task failed:\n The staging request is not valid: /);
      assert.match(reply.error ?? '', reason);
    });
  }

  it('understands the requests that were recorded from 2012', async (scope) => {
    const { address } = await startStager(scope);
    const zip = rawZip([{ name: 'app.rb', content: "require 'sinatra'" }]);
    const cloud = await playCloudController(scope, zip);
    const here = (name: string) => recorded(name).replace(/http:\/\/127\.0\.0\.1:\d+/g, cloud.address);

    const sinatra = await askRaw(scope, address, here('staging.sinatra'));
    const standalone = await askRaw(scope, address, here('staging.standalone'));
    const nosuch = await askRaw(scope, address, here('staging.nosuch'));

    assert.equal([sinatra.error, sinatra.start_command], [undefined, 'ruby app.rb']);
    assert.equal([standalone.error, standalone.start_command], [undefined, 'ruby app.rb']);
    assert.match(nosuch.error ?? '', "There is no framework 'nosuch'");
    assert.is(cloud.uploads.length, 2);
  });
});
