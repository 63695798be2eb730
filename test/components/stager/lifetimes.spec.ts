import { execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import * as assert from 'uvu/assert';
import { waitFor, within } from '#ground/wait.ts';
import { rawZip } from '../../ground/raw-zip.ts';
import { startBus } from '../../support/bus.ts';
import { scratchDirectory } from '../../support/scratch.ts';
import { describe, type Scope } from '../../support/spec.ts';
import { allRemoved, askToStage, linesOf, playCloudController, requestFor, startStager } from './peers.ts';

const node = rawZip([{ name: 'app.js', content: ';' }]);

/** A cloud controller that answers a download only when it is told to. */
async function playSlowCloud(scope: Scope) {
  const held: ServerResponse[] = [];
  const cloud = await playCloudController(scope, node, { download: (_, response) => void held.push(response) });
  return {
    ...cloud,
    held,
    release: () => {
      for (const response of held.splice(0)) response.end(node);
    },
    heldAtLeast: (count: number) =>
      waitFor(`${count} downloads`, () => held.length >= count || undefined, { limitMs: 15_000 }),
  };
}

describe('the stager, under load and at its end,', (it) => {
  it('runs as many tasks at a time as it may, and the others after them', async (scope) => {
    const { bus } = await startStager(scope, { maxActiveTasks: 2 });
    const cloud = await playSlowCloud(scope);

    const replies = Promise.all(Array.from({ length: 5 }, () => askToStage(bus, requestFor(cloud))));
    const atATime: number[] = [];
    for (const expected of [2, 2, 1]) {
      await cloud.heldAtLeast(expected);
      await bus.flush();
      atATime.push(cloud.held.length);
      cloud.release();
    }

    assert.equal(
      (await replies).map(({ error }) => error),
      new Array(5).fill(undefined),
    );
    assert.equal(atATime, [2, 2, 1]);
    assert.is(cloud.uploads.length, 5);
  });

  it('ends a task that takes too long, wherever it hangs', async (scope) => {
    const stager = await startStager(scope, { maxStagingMs: 300 });
    const nothing = await playCloudController(scope, node, { download: () => {} });
    const half = await playCloudController(scope, node, {
      download: (_, response) => void response.writeHead(200, { 'content-length': '99' }).write(node.subarray(0, 9)),
    });
    const upload = await playCloudController(scope, node, { upload: (request) => void request.resume() });

    for (const cloud of [nothing, half, upload]) {
      const reply = await askToStage(stager.bus, requestFor(cloud));

      assert.is(reply.error, 'Staging task failed:\n Staging timed out after 0.3 seconds.');
      assert.is(linesOf(reply).at(-1), 'Staging timed out after 0.3 seconds.');
      await allRemoved(stager);
    }
  });

  it('counts the time of a task from its start, not while it waits', async (scope) => {
    const { bus } = await startStager(scope, { maxStagingMs: 4_000, maxActiveTasks: 1 });
    const hanging = await playCloudController(scope, node, { download: () => {} });
    const cloud = await playCloudController(scope, node);

    const [first, second] = await Promise.all([
      askToStage(bus, requestFor(hanging)),
      askToStage(bus, requestFor(cloud)),
    ]);

    assert.match(first.error ?? '', 'timed out');
    assert.is(second.error, undefined);
  });

  it('does not wait for the end of an upload that was refused', async (scope) => {
    const stager = await startStager(scope);
    const large = rawZip([
      { name: 'app.js', content: ';' },
      { name: 'noise', content: randomBytes(30_000_000) },
    ]);
    const cloud = await playCloudController(scope, large, {
      upload: (_, response) => void response.writeHead(413, { connection: 'close' }).end(),
    });

    const reply = await askToStage(stager.bus, requestFor(cloud));

    assert.match(reply.error ?? '', /Failed uploading droplet: .*(413 Payload Too Large|EPIPE|ECONNRESET)/);
    await allRemoved(stager);
  });

  it('answers everything when it stops: what runs, what waits, and what is on its way', async (scope) => {
    const stager = await startStager(scope, { maxActiveTasks: 1, stopGraceMs: 100 });
    const cloud = await playSlowCloud(scope);
    const ask = () => askToStage(stager.bus, requestFor(cloud));
    const asked = [ask(), ask(), ask()];
    await cloud.heldAtLeast(1);

    const stopped = Promise.resolve(stager.running[Symbol.asyncDispose]());
    const onItsWay = ask().then(({ error }) => error ?? 'staged', String);
    await within(15_000, 'the stop', stopped);

    const refusal = 'The stager is stopping. Stage the app again.';
    for (const { error } of await Promise.all(asked)) assert.match(error ?? '', refusal);
    assert.match(await onItsWay, new RegExp(`${refusal}|no responders`), 'an answer, or nobody: not silence');
    assert.match(await ask().then(String, String), 'no responders');
    assert.equal(stager.workspaces(), []);
  });

  it('lets a task finish that needs no longer than the grace', async (scope) => {
    const { bus, running } = await startStager(scope, { stopGraceMs: 5_000 });
    const cloud = await playSlowCloud(scope);
    const asked = askToStage(bus, requestFor(cloud));
    await cloud.heldAtLeast(1);

    const stopped = Promise.resolve(running[Symbol.asyncDispose]());
    setTimeout(cloud.release, 50);
    await within(15_000, 'the stop', stopped);

    assert.is((await asked).error, undefined);
    assert.is(cloud.uploads.length, 1);
  });

  it('removes what a stager that was killed left, and nothing else', async (scope) => {
    const dataDir = await scratchDirectory(scope);
    const killed = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
    const living = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
    scope.defer(() => void living.kill('SIGKILL'));
    const ended = new Promise((resolve) => killed.once('exit', resolve));
    killed.kill('SIGKILL');
    await ended;
    const [leftover, atWork, foreign] = [`staging-${killed.pid}-abc`, `staging-${living.pid}-abc`, 'important'];
    for (const name of [leftover, atWork, foreign]) {
      await mkdir(join(dataDir, 'tmp', name, 'staged/app'), { recursive: true });
      await writeFile(join(dataDir, 'tmp', name, 'staged/app/x'), 'x');
    }

    const { workspaces } = await startStager(scope, {}, { dataDir });

    assert.equal(workspaces().sort(), [foreign, atWork].sort());
  });

  it('stages on when its directory was removed meanwhile', async (scope) => {
    const tmpDir = join(await scratchDirectory(scope), 'tmp');
    const { bus } = await startStager(scope, { tmpDir });
    const cloud = await playCloudController(scope, node);
    execFileSync('rm', ['-r', tmpDir]);

    assert.is((await askToStage(bus, requestFor(cloud))).error, undefined);
    assert.ok(existsSync(tmpDir));
  });

  it(
    'says so when the disk is full, and leaves the room to the next',
    async (scope) => {
      const { bus, address } = await startBus(scope);
      await startOnSmallDisk(scope, { directory: await scratchDirectory(scope), url: address.url, bytes: 1_000_000 });
      const stage = async (name: string, content: Buffer, method: number) => {
        const zip = rawZip([{ name: 'app.js' }, { name, content, method }]);
        return askToStage(bus, requestFor(await playCloudController(scope, zip)));
      };

      const unpacking = await stage('zeros', Buffer.alloc(3_000_000), 8);
      const downloading = await stage('noise', randomBytes(2_000_000), 0);
      // Zip, files and droplet of this one fit only when nothing is left of the others.
      const fitting = await waitFor(
        'room again',
        async () => ((await stage('noise', randomBytes(250_000), 0)).error === undefined ? 'staged' : undefined),
        { limitMs: 15_000 },
      );

      assert.match(unpacking.error ?? '', /Failed unpacking app: (The disk is full|EFBIG)/);
      assert.match(downloading.error ?? '', /Failed downloading app: (The disk is full|EFBIG)/);
      assert.is(fitting, 'staged');
    },
    { timeoutMs: 120_000 },
  );
});

/** A stager of its own process that works on a disk of so many bytes. */
async function startOnSmallDisk(
  scope: Scope,
  { directory, url, bytes }: { directory: string; url: string; bytes: number },
): Promise<void> {
  const program = fileURLToPath(new URL('./lone-stager.ts', import.meta.url));
  const run = [process.execPath, '--import', 'tsx', program, url, directory];
  const child = isMountingAllowed()
    ? spawn('unshare', [
        '-Urm',
        'sh',
        '-c',
        `mount -t tmpfs -o size=${bytes} tmpfs "$1"; shift; exec "$@"`,
        'sh',
        directory,
        ...run,
      ])
    : spawn('bash', ['-c', `trap '' XFSZ; ulimit -f ${Math.floor(bytes / 1024)}; exec "$@"`, 'bash', ...run]);
  const ended = new Promise((resolve) => child.once('exit', resolve));
  scope.defer(async () => {
    child.kill('SIGTERM');
    await ended;
  });
  const complaints = text(child.stderr);
  const ready = new Promise<void>((resolve) => child.stdout.once('data', () => resolve()));
  await Promise.race([ready, complaints.then((words) => Promise.reject(new Error(`It ended: ${words}`)))]);
}

function isMountingAllowed(): boolean {
  try {
    const place = process.cwd();
    execFileSync('unshare', ['-Urm', 'mount', '-t', 'tmpfs', 'tmpfs', place], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
