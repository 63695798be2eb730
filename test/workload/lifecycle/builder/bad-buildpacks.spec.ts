import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { identityOf, isAlive } from '#ground/processes.ts';
import { waitFor } from '#ground/wait.ts';
import { command } from '../../../support/localpaas.ts';
import { describe } from '../../../support/spec.ts';
import {
  addBuildpack,
  addToys,
  build,
  emptyPlace,
  type Place,
  placeFor,
  recordedEnv,
  temporariesIn,
} from './a-build.ts';

const shell = '#!/usr/bin/env bash\n';

describe('buildpacks that misbehave', (it) => {
  it('are ended with all they forked when the build is aborted, and nothing is left', async (scope) => {
    const { place, env } = await placeFor(scope, {
      'bin/compile': `${shell}trap "" TERM\n(trap "" TERM; setsid sleep 600 & echo $! > "$1/daemon"; sleep 600) &\necho $! > "$1/child"\necho hanging\nwait\nsleep 600\n`,
    });
    const stop = new AbortController();
    const built = build(place, { env, signal: stop.signal });
    built.catch(() => {});
    const pids = await waitFor('the daemon', () => pidsIn(place, ['child', 'daemon']), { limitMs: 15_000 });
    const identities = await Promise.all(pids.map((pid) => identityOf(pid)));
    stop.abort(new Error('enough'));
    const reason = await built.then(
      () => undefined,
      (error: unknown) => error,
    );
    assert.is(reason, stop.signal.reason);
    for (const identity of identities) assert.not.ok(identity !== undefined && (await isAlive(identity)));
    assert.equal(await temporariesIn(env.TMPDIR), []);
    assert.not.ok((await readdir(place.directory)).some((name) => /^(droplet|result)/.test(name)));
  });

  it('are ended with what they leave in the background, also in a session of its own', async (scope) => {
    const { place, env } = await placeFor(scope, {
      'bin/compile': `${shell}set -m\nsleep 600 &\necho $! > "$1/child"\nsetsid sleep 600 &\necho $! > "$1/daemon"\necho done\n`,
    });
    // What they leave would hold the build for ten minutes.
    const built = await build(place, { env });
    assert.is(built.code, 0, built.err);
    assert.is(built.out, 'done\n');
    for (const pid of (await pidsIn(place, ['child', 'daemon'])) ?? []) assert.is(await identityOf(pid), undefined);
  });

  it(
    'may print as much as they like',
    async (scope) => {
      const { place, env } = await placeFor(scope, {
        'bin/compile': `${shell}head -c 52428800 /dev/zero | tr "\\0" x\nyes "a line of some length, again and again" | head -c 52428800\n`,
      });
      let length = 0;
      let longest = 0;
      let most = 0;
      const before = process.memoryUsage().rss;
      const built = await build(place, {
        env,
        out: (text) => {
          length += text.length;
          for (const line of text.split('\n')) longest = Math.max(longest, line.length);
          most = Math.max(most, process.memoryUsage().rss);
        },
      });
      assert.is(built.code, 0, built.err);
      assert.ok(length >= 104_857_600, `${length} of 100 MB came`);
      assert.ok(longest < 200_000, `a line of ${longest} characters was held`);
      assert.ok(most - before < 60 * 1024 ** 2, `memory grew by ${most - before} bytes`);
    },
    { timeoutMs: 120_000 },
  );

  it('may name themselves at any length, and be believed for a little of it', async (scope) => {
    const { place, env } = await placeFor(scope, {
      'bin/detect': `${shell}head -c 10000000 /dev/zero | tr "\\0" x\n`,
      'bin/compile': shell,
    });
    const built = await build(place, { env });
    assert.is(built.code, 0);
    assert.ok((built.staged?.detectedBuildpack.length ?? 0) <= 4_096);
  });

  it('are told apart when scripts are missing or may not be executed', async (scope) => {
    const place = await emptyPlace(scope, { order: ['no-detect', 'not-executable', 'no-interpreter'] });
    const noDetect = await addBuildpack(place, 'no-detect', { 'bin/compile': shell });
    await addBuildpack(place, 'not-executable', { 'bin/detect': 'exit 0\n' });
    await addBuildpack(place, 'no-interpreter', { 'bin/detect': '#!/no/such/program\n' });
    const built = await build(place);
    assert.is(built.code, 222);
    assert.is(built.out, "WARNING: buildpack script '/bin/detect' is not executable\n");
    const noFile = `stat ${join(noDetect, 'bin', 'detect')}: no such file or directory`;
    assert.is(built.err, `${noFile}\nNone of the buildpacks detected a compatible application\n`);
    const compile = await build({
      ...place,
      options: { ...place.options, order: ['not-executable'], skipDetect: true, strict: true },
    });
    assert.is(compile.code, 223);
    assert.match(
      compile.err,
      /^Failed to compile droplet: Failed to compile droplet: fork\/exec \S+\/bin\/compile: no such file or directory\n$/,
    );
  });

  it('are named when they are missing though they were chosen', async (scope) => {
    const place = await emptyPlace(scope, { order: ['nobody', 'toy'], skipDetect: true });
    await addToys(place, ['toy']);
    const first = await build(place);
    assert.is(first.code, 225);
    assert.match(
      first.err,
      /^(Failed to read buildpack directory '\S+' for buildpack '\S+')\nFailed to run all supply scripts: \1\n$/,
    );
  });

  it('are told apart from an app that they removed', async (scope) => {
    const { place, env } = await placeFor(scope, { 'bin/compile': `${shell}rm -r "$1"\n`, 'bin/release': shell });
    const built = await build(place, { env });
    assert.is(built.code, 224);
    assert.is(
      built.err,
      `Failed to build droplet release: chdir ${place.options.buildDir}: no such file or directory\n`,
    );
  });

  it('say how they were killed', async (scope) => {
    const { place, env } = await placeFor(scope, { 'bin/compile': `${shell}kill -9 $$\n` });
    assert.is(
      (await build(place, { env })).err,
      'Failed to compile droplet: Failed to compile droplet: signal: killed\n',
    );
  });

  it('leave no result when the cache cannot be written', async (scope) => {
    const { place, env } = await placeFor(scope, { 'bin/compile': shell });
    const blocked = join(place.directory, 'blocked');
    await writeFile(blocked, 'a file, below which there can be nothing');
    const built = await build(
      { ...place, options: { ...place.options, outputCache: join(blocked, 'cache') } },
      { env },
    );
    assert.is(built.code, 1);
    assert.match(built.err, /^(?:.*\n)*Failed to compress build artifacts: /);
    assert.equal(await temporariesIn(env.TMPDIR), []);
    assert.not.ok((await readdir(place.directory)).includes('result.json'));
  });

  it('leave no half droplet when the disk is full', async (scope) => {
    // Where a user may not mount a small disk of his own there is none to fill.
    if (spawnSync('unshare', ['-Urm', 'true']).status !== 0) return;
    const place = await emptyPlace(scope);
    await addToys(place, ['toy']);
    await writeFile(join(place.options.buildDir, 'noise'), randomBytes(3_000_000));
    const small = join(place.directory, 'small');
    await mkdir(small);
    const args = [`-buildDir=${place.options.buildDir}`, `-buildpacksDir=${place.options.buildpacksDir}`];
    const outputs = { outputDroplet: 'droplet', outputMetadata: 'result.json', outputBuildArtifactsCache: 'cache.tgz' };
    for (const [flag, name] of Object.entries(outputs)) args.push(`-${flag}=${join(small, name)}`);
    for (const flag of ['buildpacksDownloadDir', 'buildArtifactsCacheDir'])
      args.push(`-${flag}=${place.directory}/${flag}`);
    const script = 'mount -t tmpfs -o size=1m none "$1"; small=$1; shift; "$@"; echo "code $?"; ls -A "$small"';
    const words = [small, ...command(), 'builder', '-buildpackOrder=toy', ...args];
    const { stdout, stderr } = spawnSync('unshare', ['-Urm', 'bash', '-c', script, 'bash', ...words], {
      env: recordedEnv,
      encoding: 'utf8',
    });
    assert.match(stdout, /\ncode 1\n$/);
    assert.match(stderr, /\nFailed to compress droplet filesystem: The disk is full: /);
  });

  it('may leave directories that nobody can change', async (scope) => {
    const { place, env } = await placeFor(scope, {
      'bin/finalize': `${shell}mkdir -p "$3/$4/closed/in"\nchmod 555 "$3/$4/closed"\n`,
    });
    assert.is((await build(place, { env })).code, 0);
    assert.equal(await temporariesIn(env.TMPDIR), []);
    assert.ok((await stat(place.options.outputDroplet)).size > 0);
  });
});

async function pidsIn({ options }: Place, names: readonly string[]): Promise<number[] | undefined> {
  const texts = await Promise.all(names.map((name) => readFile(join(options.buildDir, name), 'utf8').catch(() => '')));
  return texts.every((text) => text.endsWith('\n')) ? texts.map(Number) : undefined;
}
