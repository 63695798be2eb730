import { type ChildProcess, spawn } from 'node:child_process';
import { createServer, type ServerResponse } from 'node:http';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { connect } from '@nats-io/transport-node';
import * as assert from 'uvu/assert';
import type { StagingReply } from '#contract/staging.ts';
import type { BusAddress } from '#ground/bus.ts';
import { listen } from '#ground/ports.ts';
import { waitFor } from '#ground/wait.ts';
import { rawZip } from '../../ground/raw-zip.ts';
import { startBus } from '../../support/bus.ts';
import { scratchDirectory } from '../../support/scratch.ts';
import { describe, type Scope } from '../../support/spec.ts';
import { requestFor } from './peers.ts';

const zip = rawZip([{ name: 'app.js', content: ';' }]);
const requests = 100;
const activeTasks = 2;

interface LoneStager {
  readonly child: ChildProcess;
  /** The events of its log. */
  readonly events: string[];
  readonly exit: Promise<number | null>;
}

/** A stager of its own process, that finishes what it took when it is to stop. */
async function startLoneStager(scope: Scope, { url }: BusAddress): Promise<LoneStager> {
  const program = fileURLToPath(new URL('./lone-stager.ts', import.meta.url));
  const options = JSON.stringify({ maxActiveTasks: activeTasks, atStop: 'finish' });
  const run = ['--import', 'tsx', program, url, await scratchDirectory(scope), options];
  const child = spawn(process.execPath, run, { stdio: ['ignore', 'pipe', 'inherit'] });
  const exit = new Promise<number | null>((resolve) => child.once('close', resolve));
  scope.defer(async () => {
    child.kill('SIGKILL');
    await exit;
  });
  const events: string[] = [];
  const ready = new Promise<void>((resolve) => {
    createInterface(child.stdout).on('line', (line) => {
      if (line === 'ready') resolve();
      else events.push(JSON.parse(line).event);
    });
  });
  await Promise.race([ready, exit.then((code) => Promise.reject(new Error(`It ended with ${code}.`)))]);
  return { child, events, exit };
}

/** A cloud controller that counts the tasks under way, from the download to the end of the upload. */
async function countTasks(scope: Scope) {
  const underWay = new Set<string>();
  const uploads: string[] = [];
  const held: ServerResponse[] = [];
  const counts = { most: 0, isHolding: true };
  const server = createServer((request, response) => {
    const [, , app = ''] = (request.url ?? '').split('/');
    if (request.method === 'GET') {
      underWay.add(app);
      counts.most = Math.max(counts.most, underWay.size);
      if (counts.isHolding) held.push(response);
      else response.end(zip);
      return;
    }
    request.resume().once('end', () => {
      underWay.delete(app);
      uploads.push(app);
      response.end();
    });
  });
  const port = await listen(server, { host: '127.0.0.1', port: 0, who: 'The cloud controller' });
  scope.defer(() => {
    server.closeAllConnections();
    server.close();
  });
  const release = () => {
    counts.isHolding = false;
    for (const response of held.splice(0)) response.end(zip);
  };
  return { address: `http://127.0.0.1:${port}`, uploads, held, counts, release };
}

/** Publishes all requests at once, each with an inbox of its own, and keeps every reply that comes. */
async function askAtOnce(scope: Scope, { url, user, password }: BusAddress, address: string) {
  const peer = await connect({ servers: url, user: user ?? '', pass: password ?? '' });
  scope.defer(() => peer.close());
  const replies = new Map<string, StagingReply[]>();
  const counts = { replies: 0 };
  peer.subscribe('replies.*', {
    callback: (_, message) => {
      counts.replies += 1;
      replies.set(message.subject, [...(replies.get(message.subject) ?? []), message.json<StagingReply>()]);
    },
  });
  const ask = (app: string) => {
    const request = { ...requestFor({ address }), app_id: app };
    const uris = { download_uri: `${address}/download/${app}`, upload_uri: `${address}/upload/${app}` };
    peer.publish('staging', JSON.stringify({ ...request, ...uris }), { reply: `replies.${app}` });
  };
  for (let app = 0; app < requests; app += 1) ask(`app-${app}`);
  await peer.flush();
  return { peer, replies, counts, ask };
}

describe('two stagers with a hundred requests at once', (it) => {
  it(
    'answer each once, run four tasks at most, and the one that is told to stop finishes its own',
    async (scope) => {
      const { address } = await startBus(scope);
      const [stopped, staying] = await Promise.all([startLoneStager(scope, address), startLoneStager(scope, address)]);
      const cloud = await countTasks(scope);
      const limit = { limitMs: 15_000 };

      const { peer, replies, counts, ask } = await askAtOnce(scope, address, cloud.address);
      await waitFor('as many downloads as may be', () => cloud.held.length >= 2 * activeTasks || undefined, limit);
      cloud.release();
      await waitFor('the first replies', () => counts.replies >= 10 || undefined, limit);
      const doneBefore = stopped.events.filter((event) => event === 'app staged').length;
      stopped.child.kill('SIGTERM');
      assert.is(await stopped.exit, 0);
      await waitFor('all replies', () => counts.replies >= requests || undefined, limit);
      ask('late');
      await waitFor('the reply of the one that stays', () => replies.get('replies.late'), limit);
      await peer.flush();

      const all = [...replies.values()];
      assert.is(all.length, requests + 1);
      assert.ok(
        all.every(({ length }) => length === 1),
        'nobody is answered twice',
      );
      assert.equal(
        all.flat().filter(({ error }) => error !== undefined),
        [],
      );
      assert.is(new Set(all.flat().map(({ task_id }) => task_id)).size, requests + 1);
      assert.is(cloud.uploads.length, requests + 1);
      assert.is(new Set(cloud.uploads).size, requests + 1);
      assert.is(cloud.counts.most, 2 * activeTasks);
      const stagedBy = ({ events }: LoneStager) => events.filter((event) => event === 'app staged').length;
      assert.ok(stagedBy(stopped) > doneBefore + activeTasks, 'what waited was finished, too');
      assert.is(stagedBy(stopped) + stagedBy(staying), requests + 1);
      assert.is(stopped.events.at(-1), 'shutdown complete');
    },
    { timeoutMs: 120_000 },
  );
});
