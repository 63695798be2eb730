import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { connect } from '@nats-io/transport-node';
import * as assert from 'uvu/assert';
import { waitFor } from '#ground/wait.ts';
import { rawZip } from '../../ground/raw-zip.ts';
import { describe } from '../../support/spec.ts';
import { allRemoved, askToStage, linesOf, playCloudController, requestFor, startStager } from './peers.ts';

const here = dirname(fileURLToPath(import.meta.url));
const rawOf = (name: string): string => JSON.parse(readFileSync(join(here, 'requests', `${name}.json`), 'utf8')).raw;
const replyOf = (name: string) => JSON.parse(readFileSync(join(here, 'recorded', `${name}.json`), 'utf8')).payload;

const sinatra = rawZip([{ name: 'app.rb', content: "require 'sinatra'" }]);
const node = rawZip([{ name: 'app.js', content: ';' }]);
/** Without times, and without the version of Ruby's logger. */
const bare = (reply: { task_log: string }) =>
  linesOf(reply as Parameters<typeof linesOf>[0]).map((line) => line.replace(/^# Logfile created on .*/, '# Logfile'));

describe("a stager's replies", (it) => {
  it('have the fields and the lines of the recorded ones', async (scope) => {
    const { bus } = await startStager(scope, { scripts: '8f2fa00' });
    const cloud = await playCloudController(scope, sinatra);
    const lost = await playCloudController(scope, sinatra, {
      download: (_, response) => void response.writeHead(404).end(),
    });
    const properties = { framework_info: { name: 'sinatra' }, runtime_info: { name: 'ruby19', version: '1.9.3' } };

    const staged = await askToStage(bus, requestFor(cloud, properties));
    const failed = await askToStage(bus, requestFor(lost, properties));

    const [success, error] = [replyOf('reply-to.staging.success'), replyOf('reply-to.staging.error')];
    const { framework, runtime, start_command, ...asThen } = staged;
    assert.equal(Object.keys(asThen), Object.keys(success));
    assert.equal([framework, runtime, start_command], ['sinatra', 'ruby19', 'ruby app.rb'], 'ours');
    assert.equal(bare(staged), bare(success));
    assert.equal(Object.keys(failed), Object.keys(error));
    assert.equal(bare(failed), bare(error));
    assert.ok(failed.error?.startsWith(`${error.error}: `), failed.error ?? 'no error');
    assert.match(failed.task_id, /^[0-9a-f]{32}$/);
  });

  it('are not given to who does not ask for one, whatever it publishes', async (scope) => {
    const { address, bus, entries } = await startStager(scope);
    const cloud = await playCloudController(scope, sinatra);
    const { url, user, password } = address;
    const peer = await connect({ servers: url, user: user ?? '', pass: password ?? '' });
    scope.defer(() => peer.close());
    const heard: string[] = [];
    peer.subscribe('>', { callback: (_, { subject }) => void heard.push(subject) });

    const valid = rawOf('staging.sinatra').replace(/http:\/\/127\.0\.0\.1:\d+/g, cloud.address);
    const published = [rawOf('staging'), '', rawOf('staging.noprops'), '[]', '"x"', valid];
    for (const payload of published) peer.publish('staging', payload);
    const asked = await askToStage(bus, requestFor(cloud));
    await peer.flush();

    assert.is(asked.error, undefined);
    assert.equal(
      heard.filter((subject) => subject !== 'staging' && !subject.startsWith('_INBOX.')),
      [],
    );
    assert.is(heard.filter((subject) => subject.startsWith('_INBOX.')).length, 1);
    const staged = () => (entries.filter(({ event }) => event === 'app staged').length === 2 ? true : undefined);
    await waitFor('who wants no answer to be staged all the same', staged, { limitMs: 15_000 });
    assert.is(cloud.uploads.length, 2);
  });

  it('say what is missing when a request names no framework', async (scope) => {
    const { bus } = await startStager(scope);
    const cloud = await playCloudController(scope, node);

    const reply = await askToStage(bus, requestFor(cloud, { framework_info: {} }));

    assert.match(
      reply.error ?? '',
      /^Staging task failed:\n Staging plugin failed: The request names no framework\. \S/,
    );
  });

  it('say why the droplet could not be made', async (scope) => {
    const stager = await startStager(scope);
    const cloud = await playCloudController(scope, node, {
      download: (_, response) => {
        const [workspace = ''] = stager.workspaces();
        mkdirSync(join(stager.dataDir, 'tmp', workspace, 'droplet.tgz'));
        response.end(node);
      },
    });

    const reply = await askToStage(stager.bus, requestFor(cloud));

    assert.match(reply.error ?? '', /^Staging task failed:\n Failed creating droplet: .*(EISDIR|EEXIST)/);
    assert.is(linesOf(reply).at(-1), 'Creating droplet', 'like the original, the log just stops');
    assert.is(cloud.uploads.length, 0);
    await allRemoved(stager);
  });

  it('say why there is no room to work in', async (scope) => {
    const { bus, dataDir } = await startStager(scope);
    const cloud = await playCloudController(scope, node);
    rmSync(join(dataDir, 'tmp'), { recursive: true });
    writeFileSync(join(dataDir, 'tmp'), 'a file');

    const reply = await askToStage(bus, requestFor(cloud));

    assert.match(reply.error ?? '', /Failed setting up temporary directories: .*(ENOTDIR|EEXIST)/);
    assert.equal(linesOf(reply), ['Setting up temporary directories']);
  });
});
