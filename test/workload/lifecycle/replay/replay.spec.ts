import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { waitFor } from '#ground/wait.ts';
import { command, emptyHome, environmentOf, type RunOptions, runCommand } from '../../../support/localpaas.ts';
import { scratchDirectory } from '../../../support/scratch.ts';
import { describe, type Scope } from '../../../support/spec.ts';
import { app, recordingText, someHosts, stagingFiles, toyBuildpack, zipWith } from './recordings.ts';

const limit = { limitMs: 15_000 };

async function aHome(scope: Scope) {
  const home = await emptyHome(scope);
  await mkdir(home, { recursive: true });
  const env = await environmentOf(home);
  const run = (args: readonly string[], options?: RunOptions) => runCommand(args, env, options);
  /** What a replay left beside the droplets. */
  const left = async () => (await readdir(join(home, 'replay')).catch(() => [])).filter((name) => name !== 'droplets');
  return { home, env, run, left };
}

/** The launch goes on until somebody ends it. */
function launch(scope: Scope, env: Record<string, string>, args: readonly string[], input: string) {
  const [program, ...first] = command();
  const child = spawn(program, [...first, 'launch', ...args], { env, stdio: ['pipe', 'pipe', 'pipe'] });
  child.stdin.on('error', () => {}); // it ended before it read it
  child.stdin.end(input);
  const said = { out: '', err: '' };
  child.stdout.on('data', (chunk) => {
    said.out += chunk;
  });
  child.stderr.on('data', (chunk) => {
    said.err += chunk;
  });
  const ended = once(child, 'exit');
  scope.defer(async () => {
    child.kill('SIGTERM');
    await ended;
  });
  const event = (name: string) =>
    waitFor(
      `${name} in ${args.join(' ')}`,
      () => {
        if (child.exitCode !== null) throw new Error(`it ended with ${child.exitCode}: ${said.err}`);
        const line = said.out.split('\n').find((each) => each.startsWith(`{"event":"${name}"`) && each.endsWith('}'));
        return line === undefined ? undefined : (JSON.parse(line) as { port: number; pid: number });
      },
      limit,
    );
  return { child, said, ended, event };
}

describe('what Diego recorded', (it) => {
  it(
    'can be staged again, then launched',
    async (scope) => {
      const { home, env, run, left } = await aHome(scope);
      const hosts = await someHosts(scope, await stagingFiles());
      const log = hosts.rewrite(await recordingText('stager.stdout.log'));
      const staged = await run(['restage', '-'], { input: `{"message":"other"}\n${log}` });
      assert.is(staged.code, 0, staged.err);
      assert.match(staged.err, /^Downloading staticfile_buildpack from /m);
      assert.match(staged.err, /^Going on without: .*buildpack_cache\/APP answered with 404/m);
      assert.match(staged.err, /^Staging\.\.\.$/m);
      assert.match(staged.out, /compiling for cflinuxfs2 with 32m/);
      assert.match(staged.out, /buildpack +toy\ncommand +node server\.js\ndroplet +\S+APP\/droplet\.tgz/);
      assert.not(
        hosts.asked.some((path) => path.includes('lifecycle.tgz')),
        'the programs of Diego are not needed',
      );
      assert.equal(await left(), []);

      const droplet = await readFile(join(home, 'replay', 'droplets', 'APP', 'droplet.tgz'));
      const sent = hosts.uploads.find(({ path }) => path === '/cc-uploader/v1/droplet/APP');
      assert.ok(sent?.body.equals(droplet), 'the droplet was uploaded');
      assert.is(sent?.headers['content-type'], 'application/octet-stream');
      assert.is(sent?.headers['content-length'], String(droplet.length));
      assert.is(sent?.headers['content-md5'], createHash('md5').update(droplet).digest('base64'));
      const sha256 = createHash('sha256').update(droplet).digest('base64');
      assert.is(sent?.headers['content-digest'], `sha-256=:${sha256}:`);
      assert.is(hosts.uploads.length, 2, 'and the cache, too');

      const lrp = hosts.rewrite(await recordingText('nsync_listener.stdout.log'));
      const args = ['-', '--json', '-p', '0', '--env', 'EXTRA=more'];
      const { child, ended, event, said } = launch(scope, env, args, lrp);
      const { port } = await event('healthy');
      const answer = await (await fetch(`http://127.0.0.1:${port}/`)).text();
      const [host, appHome, extra, application, lang] = answer.split('|');
      assert.equal([host, extra, lang], ['127.0.0.1', 'more', 'en_US.UTF-8']);
      assert.match(appHome ?? '', /\/replay\/work-\w+\/home\/vcap\/app$/);
      assert.equal(JSON.parse(application ?? '').port, port);
      const told = () => /Invoking start command\.\nlistening\n/.test(said.err) || undefined;
      await waitFor('the word of the app', told, limit);
      child.kill('SIGINT');
      assert.equal(await ended, [130, null]);
      assert.equal(await left(), []);
    },
    { timeoutMs: 120_000 },
  );

  it('launches the recorded droplet when none was restaged', async (scope) => {
    const { env, run } = await aHome(scope);
    const droplet = await zipWith({ 'app/server.js': app['server.js'] ?? '', 'tmp/x': '' });
    const hosts = await someHosts(scope, { '/cc/internal/v2/droplets/APP/sha/download': droplet });
    const lrp = hosts.rewrite(await recordingText('desired-lrp.json'));
    const wrong = await run(['launch', '-', '-p', '0'], { input: lrp });
    assert.is(wrong.code, 1);
    assert.match(wrong.err, /is not what was recorded: its sha1 is [0-9a-f]{40}, not da39a3ee/);
    const right = lrp.replace(
      'da39a3ee5e6b4b0d3255bfef95601890afd80709',
      createHash('sha1').update(droplet).digest('hex'),
    );
    const { event } = launch(scope, env, ['--json', '-p', '0'], right);
    await event('healthy');
  });

  it('exits as the app does, and says when the app is not well', async (scope) => {
    const { run, left } = await aHome(scope);
    const hosts = await someHosts(scope, {
      '/cc/internal/v2/droplets/APP/sha/download': await zipWith({ 'app/x': '', 'tmp/x': '' }),
    });
    const lrp = hosts
      .rewrite(await recordingText('desired-lrp.json'))
      .replace(/"checksum_value": "\w+"/, '"checksum_value": ""');
    const ended = await run(['launch', '-', '-p', '0'], { input: lrp.replace('node server.js', 'echo bye; exit 9') });
    assert.is(ended.code, 9, ended.err);
    assert.match(ended.out, /bye\n$/);
    const hung = lrp
      .replace('node server.js', 'sleep 60')
      .replace('"start_timeout_ms": 60000', '"start_timeout_ms": 300');
    const unwell = await run(['launch', '-', '-p', '0'], { input: hung });
    assert.is(unwell.code, 1);
    assert.match(unwell.err, /The app is not well: Timed out after 300ms \(1 attempts\)/);
    assert.equal(await left(), []);
  });

  it('takes files for addresses that have expired', async (scope) => {
    const { run } = await aHome(scope);
    const folder = await scratchDirectory(scope);
    const task = await recordingText('staging-task-definition.json');
    const gone = task
      .replaceAll('http://blobstore/', 'http://127.0.0.1:1/')
      .replace('/bp-guid-2_sha1bbb"', '/bp?md5=a=b&expires=1"');
    const file = join(folder, 'task.json');
    await writeFile(file, gone);
    const refused = await run(['restage', file]);
    assert.is(refused.code, 3);
    assert.match(refused.err, /127\.0\.0\.1:1\/bp-guid-1_sha1aaa did not answer/);
    assert.match(refused.err, /--map 'http:\/\/127\.0\.0\.1:1\/bp-guid-1_sha1aaa=FILE'/);

    const files = await stagingFiles();
    for (const [name, path] of Object.entries({
      'app.zip': '/cc/staging/apps/APP',
      'one.zip': '/blobstore/bp-guid-1_sha1aaa',
    })) {
      await writeFile(join(folder, name), files[path] ?? '');
    }
    for (const [name, text] of Object.entries(toyBuildpack)) {
      await mkdir(join(folder, 'toy', 'bin'), { recursive: true });
      await writeFile(join(folder, 'toy', name), text, { mode: 0o755 });
    }
    const maps = [
      'http://cc/staging/apps/APP=app.zip',
      'staticfile_buildpack=one.zip',
      'http://127.0.0.1:1/bp?md5=a=b&expires=1=toy',
      `http://cc/buildpack_cache/APP=${join(folder, 'none')}`,
    ].flatMap((entry) => ['--map', entry]);
    const done = await run(['restage', 'task.json', '--no-upload', '--json', ...maps], { cwd: folder });
    assert.is(done.code, 0, done.err);
    const { guid, buildpack, uploads } = JSON.parse(done.out);
    assert.equal({ guid, buildpack, uploads }, { guid: 'APP', buildpack: 'toy', uploads: [] });

    const unused = await run(['restage', 'task.json', '--map', 'http://x=y'], { cwd: folder });
    assert.is(unused.code, 2);
    assert.match(unused.err, /--map http:\/\/x=y stands in for nothing/);
  });

  it('keeps the droplet when the upload fails, three times', async (scope) => {
    const { run } = await aHome(scope);
    const hosts = await someHosts(scope, await stagingFiles());
    hosts.uploadStatus = 503;
    const input = hosts.rewrite(await recordingText('staging-task-definition.json'));
    const { code, out, err } = await run(['restage', '-', '--json'], { input });
    assert.is(code, 0, err);
    assert.match(err, /warning {2}droplet was not uploaded to \S+: the answer was 503\./);
    assert.is(hosts.uploads.length, 6);
    assert.is(JSON.parse(out).uploads.length, 2);
  });

  it('tells why staging failed, and leaves nothing behind', async (scope) => {
    const { home, run, left } = await aHome(scope);
    const hosts = await someHosts(scope, {
      ...(await stagingFiles()),
      '/blobstore/bp-guid-2_sha1bbb': await zipWith({
        ...toyBuildpack,
        'bin/compile': '#!/bin/bash\necho no luck\nexit 7\n',
      }),
    });
    const input = hosts.rewrite(await recordingText('staging-task-definition.json'));
    const { code, out, err } = await run(['restage', '-'], { input });
    assert.is(code, 1);
    assert.match(out, /no luck/);
    assert.match(err, /Staging failed: the builder ended with 223: Failed to compile droplet/);
    assert.equal(await left(), []);
    assert.equal(await readdir(join(home, 'replay')), []);
  });

  it('ends what was recorded on Ctrl-C', async (scope) => {
    const { env, left } = await aHome(scope);
    const hosts = await someHosts(scope, {
      ...(await stagingFiles()),
      '/blobstore/bp-guid-2_sha1bbb': await zipWith({
        ...toyBuildpack,
        'bin/compile': '#!/bin/bash\necho waiting\nsleep 60\n',
      }),
    });
    const [program, ...first] = command();
    const child = spawn(program, [...first, 'restage', '-'], { env, stdio: ['pipe', 'pipe', 'ignore'] });
    scope.defer(() => void child.kill('SIGKILL'));
    child.stdin.on('error', () => {}); // it ended before it read it
    child.stdin.end(hosts.rewrite(await recordingText('staging-task-definition.json')));
    const ended = once(child, 'exit');
    let said = '';
    child.stdout.on('data', (chunk) => {
      said += chunk;
    });
    await waitFor('the buildpack', () => said.includes('waiting') || undefined, limit);
    child.kill('SIGINT');
    assert.equal(await ended, [130, null]);
    assert.equal(await left(), []);
  });

  it('is refused when its builder cannot be ours', async (scope) => {
    const { run, left } = await aHome(scope);
    const refusal = async (...args: string[]) => {
      const { code, err } = await run(['restage', '-'], { input: JSON.stringify({ run: { path: 'builder', args } }) });
      assert.is(code, 2, err);
      return err;
    };
    assert.match(await refusal('-dockerRef=x'), /is of a docker image/);
    assert.match(await refusal('-buildpackOrder=a', '-nope'), /does not know: flag provided but not defined: -nope/);
    assert.match(await refusal('-skipDetect'), /missing flag: -buildpackOrder/);
    assert.match(await refusal('-buildpackOrder=a', '-buildDir=/etc'), /outside \/tmp and \/home\/vcap/);
    assert.match(await refusal('-buildpackOrder=a'), /does not say where the files of the app come from/);
    assert.equal(await left(), []);
  });

  it('is told from an app', async (scope) => {
    const { run } = await aHome(scope);
    const folder = await scratchDirectory(scope);
    await writeFile(join(folder, 'hello'), '{}');
    const either = await run(['restage', 'hello'], { cwd: folder });
    assert.is(either.code, 2);
    assert.match(either.err, /'hello' may be the app of this name, or the file that is here/);
    assert.match((await run(['restage', './hello'], { cwd: folder })).err, /There is no staging request in hello/);
    assert.is((await run(['restage', 'hello', '--app'], { cwd: folder })).code, 3, 'no platform runs here');
    assert.is((await run(['restage', 'other'], { cwd: folder })).code, 3);
    assert.is((await run(['restage', 'gone.json'], { cwd: folder })).code, 1);
    const input = await recordingText('desired-lrp.json');
    assert.match((await run(['restage', '-'], { input })).err, /holds a launch request: use `localpaas launch`/);
  });

  it('says which port is taken, and what cannot be a variable', async (scope) => {
    const { run } = await aHome(scope);
    const server = createServer();
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    scope.defer(() => void server.close());
    const { port } = server.address() as { port: number };
    const input = await recordingText('desired-lrp.json');
    const taken = await run(['launch', '-', '-p', String(port)], { input });
    assert.is(taken.code, 4);
    assert.match(taken.err, new RegExp(`Port ${port} is held by .*-p PORT`, 's'));
    assert.is((await run(['launch', '-', '--env', 'X'], { input })).code, 2);
    assert.is((await run(['launch', '-', '-p', '70000'], { input })).code, 2);
  });
});
