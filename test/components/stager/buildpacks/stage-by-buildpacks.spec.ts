import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import * as assert from 'uvu/assert';
import { type LogBatch, logBatches } from '#contract/logs.ts';
import type { StagingReply } from '#contract/staging.ts';
import { rawZip } from '../../../ground/raw-zip.ts';
import { describe } from '../../../support/spec.ts';
import { allRemoved, linesOf } from '../peers.ts';
import { buildpack, start, unpacked } from './played-staging.ts';

const counting = buildpack({
  detect: '[ -e "$1/app.txt" ] && echo Counting',
  compile: `
    count=$(($(cat "$2/count" 2>/dev/null || echo 0) + 1))
    echo $count > "$2/count"
    echo "-----> Staging number $count in $CF_STACK as $VCAP_APPLICATION"
    echo "home $HOME secret [\${LOCALPAAS_TEST_SECRET:-}] own [$OWN]" >&2
    echo "built $count" > "$1/built.txt"`,
  release: `echo '{default_process_types: {web: "cat built.txt; sleep 60", worker: "sleep 60"}}'`,
});

describe('staging by buildpacks', (it) => {
  it('makes a droplet that any DEA can run, and tells what the buildpack said', async (scope) => {
    process.env['LOCALPAAS_TEST_SECRET'] = 'a secret of the platform';
    scope.defer(() => void delete process.env['LOCALPAAS_TEST_SECRET']);
    const { stager, cloud, stage } = await start(scope, { packs: { counting } });
    const said: LogBatch[] = [];
    scope.use(stager.bus.subscribe(logBatches.at('my-app'), (batch) => void said.push(batch)));
    await stager.bus.flush();

    const reply = await stage();

    assert.is(reply.error, undefined);
    assert.equal(reply.result?.process_types, { web: 'cat built.txt; sleep 60', worker: 'sleep 60' });
    assert.is(reply.start_command, 'cat built.txt; sleep 60');
    assert.is(reply.framework, undefined);
    const lines = linesOf(reply);
    assert.ok(lines.includes('-----> Staging number 1 in host as {"name":"my-app"}'), reply.task_log);
    const secret = lines.find((line) => line.startsWith('home ')) ?? '';
    assert.match(secret, /secret \[\] own \[mine\]$/);
    assert.not.match(secret, process.env['HOME'] ?? '?');
    const errors = said.flatMap(({ lines }) => lines).filter(({ stream }) => stream === 'ERR');
    assert.ok(errors.some(({ text }) => text === secret));

    const droplet = await unpacked(scope, cloud.uploads[0]?.droplet);
    assert.equal(readdirSync(droplet).sort(), [
      '.launcher',
      'app',
      'deps',
      'logs',
      'profile.d',
      'staging_info.yml',
      'startup',
      'stop',
      'tmp',
    ]);
    await ran(droplet, { LOCALPAAS_START_COMMAND: 'cat built.txt' });
    assert.match(readFileSync(join(droplet, 'logs/stdout.log'), 'utf8'), /built 1\n$/);
    await allRemoved(stager);
  });

  it('hands what a buildpack keeps to the next staging of the same app, and of no other', async (scope) => {
    const { cloud, request, stage } = await start(scope, { packs: { counting } });
    const number = ({ task_log }: StagingReply) => /number (\d+)/.exec(task_log)?.[1];

    assert.equal([number(await stage()), number(await stage())], ['1', '2']);
    request.app_id = 'another';
    assert.is(number(await stage()), '1');
    assert.is(cloud.downloads.filter(({ url }) => url?.includes('/buildpack/')).length, 1);
  });

  it('asks the buildpacks in turn when nobody chose one', async (scope) => {
    const never = buildpack({ detect: 'exit 1', compile: 'true' });
    const { stage } = await start(scope, { packs: { never, counting }, chosen: false });

    const reply = await stage();

    assert.is(reply.error, undefined);
    assert.equal(
      reply.result?.lifecycle_metadata.buildpacks?.map(({ key, name }) => [key, name]),
      [['counting', 'Counting']],
    );
  });

  it('leaves apps that run as they are to the framework plugins, unless an added buildpack wants them', async (scope) => {
    const bits = rawZip([
      { name: 'app.js', content: '// hi' },
      { name: 'package.json', content: '{}' },
    ]);
    const wants = buildpack({ detect: 'echo Wants', release: `echo '{}'`, compile: 'true' });
    const never = buildpack({ detect: 'exit 1', compile: 'true' });
    const refused = await start(scope, { packs: { never }, chosen: false, bits });
    const taken = await start(scope, { packs: { never, wants }, chosen: false, bits });

    const byPlugin = await refused.stage();
    const byBuildpack = await taken.stage();

    assert.equal([byPlugin.error, byPlugin.framework, byPlugin.result], [undefined, 'node', undefined]);
    assert.is(byBuildpack.error, undefined);
    assert.is(byBuildpack.result?.lifecycle_metadata.detected_buildpack, 'Wants');
  });

  it('takes apps that need building, and says why', async (scope) => {
    const bits = rawZip([
      { name: 'app.js', content: '// hi' },
      { name: 'app.txt' },
      { name: 'Procfile', content: 'web: node app.js --own\n' },
    ]);
    const { stage } = await start(scope, { packs: { counting }, chosen: false, bits });

    const reply = await stage();

    assert.is(reply.start_command, 'node app.js --own');
    assert.match(reply.task_log, 'The app says how it runs in its Procfile: asking the buildpacks');
  });

  it('fails with what was looked for when nobody knows the app', async (scope) => {
    const never = buildpack({ detect: 'exit 1', compile: 'true' });
    const { stage } = await start(scope, { packs: { never }, chosen: false });

    const { error } = await stage();

    assert.match(error ?? '', /^Staging task failed:\n NoAppDetectedError: None of the frameworks knows this app/);
    assert.match(error ?? '', /No buildpack does either \(asked: never\)/);
  });

  it('fails with the last lines of the buildpack, and a next step', async (scope) => {
    const failing = buildpack({
      detect: 'true',
      compile: 'echo compiling; echo "no such gem" >&2; exit 7',
      release: '',
    });
    const { stager, stage } = await start(scope, { packs: { failing } });

    const { error, task_log } = await stage();

    const [first = '', second = '', ...tail] = (error ?? '').split('\n');
    assert.is(first, 'Staging task failed:');
    assert.match(
      second,
      /^ BuildpackCompileFailed: Failed to compile droplet: .*exit status 7\. .*push again\. Buildpacks: failing\.$/,
    );
    assert.ok(tail.some((line) => line.endsWith('no such gem')));
    assert.match(task_log, 'compiling');
    await allRemoved(stager);
  });

  it('ends a buildpack that hangs, with all it started, when its time is over', async (scope) => {
    const mark = `sleep 98765.${process.pid}`;
    const hanging = buildpack({ compile: `setsid ${mark} & ${mark}` });
    const { stager, stage } = await start(scope, { packs: { hanging }, options: { maxStagingMs: 1_000 } });

    const { error } = await stage();

    assert.match(error ?? '', 'Staging timed out after 1 seconds.');
    await allRemoved(stager);
    const left = await promisify(execFile)('pgrep', ['-f', mark]).catch(({ stdout }: { stdout: string }) => ({
      stdout,
    }));
    assert.is(left.stdout, '');
  });

  it('answers also when a buildpack prints more than a message holds', async (scope) => {
    const loud = buildpack({
      compile: `seq 1 200000; head -c 3000000 /dev/zero | tr '\\0' x; echo; echo the end`,
      release: `echo '{default_process_types: {web: "true"}}'`,
    });
    const { stage } = await start(scope, { packs: { loud } });

    const reply = await stage(30_000);

    assert.is(reply.error, undefined);
    assert.ok(reply.task_log.length < 900_000, `${reply.task_log.length} characters`);
    assert.match(reply.task_log, /lines are left out here/);
    assert.match(reply.task_log, /\] 1\n/);
    assert.match(reply.task_log, /\] the end\n/);
  });

  it('says which buildpack cannot be had', async (scope) => {
    const { stage } = await start(scope, { packs: { broken: Buffer.from('no zip') } });

    const { error } = await stage();

    assert.match(error ?? '', /The zip cannot be read/);
  });
});

/** Runs a droplet's `startup` to its end, in its directory as a DEA does. */
async function ran(directory: string, env: Readonly<Record<string, string>>): Promise<void> {
  assert.ok(existsSync(join(directory, 'startup')));
  await promisify(execFile)('./startup', [], {
    cwd: directory,
    env: { PATH: process.env['PATH'] ?? '', HOME: directory, ...env },
  });
}
