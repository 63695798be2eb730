import { existsSync, readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { stagerConfigOf } from '#components/stager/config.ts';
import { ConfigError, readStagerConfig, takeStagerPidFile } from '#components/stager/index.ts';
import { rawZip } from '../../ground/raw-zip.ts';
import { scratchDirectory } from '../../support/scratch.ts';
import { describe, type Scope } from '../../support/spec.ts';
import { thrownBy } from '../../support/thrown.ts';
import { askToStage, playCloudController, requestFor, startStager } from './peers.ts';

/** As the article on staging has it. */
const ofTheArticle = `---
logging:
  level: debug2
pid_filename: /tmp/staging/stager.pid
nats_uri: nats://127.0.0.1:4222
max_staging_duration: 120
max_active_tasks: 10
queues: ['staging']
secure: false
`;

async function write(scope: Scope, text: string): Promise<string> {
  const path = join(await scratchDirectory(scope), 'stager.yml');
  await writeFile(path, text);
  return path;
}

async function refusalOf(work: () => unknown): Promise<string> {
  const error = await thrownBy(work);
  assert.instance(error, ConfigError);
  assert.is((error as ConfigError).exitCode, 1);
  return error.message;
}

const whole = {
  logging: { level: 'info' },
  nats_uri: 'nats://127.0.0.1:4222',
  max_staging_duration: 60,
  max_active_tasks: 2,
  queues: ['staging'],
  pid_filename: 'stager.pid',
  secure: false,
};
const invalid = 'ERROR: There was a problem validating the supplied config: ';

describe('the configuration of a stager', (it) => {
  it('is read from the file of the original', async (scope) => {
    const settings = await readStagerConfig(await write(scope, ofTheArticle), {});

    const { queues, maxStagingMs, maxActiveTasks, tmpDir, atStop, host } = settings?.options ?? {};
    assert.equal([queues, maxStagingMs, maxActiveTasks, tmpDir], [['staging'], 120_000, 10, undefined]);
    assert.equal([atStop, host], ['finish', '127.0.0.1'], 'as the original stops, and for this machine only');
    assert.is(settings?.natsUri, 'nats://127.0.0.1:4222');
    assert.is(settings?.pidFilename, '/tmp/staging/stager.pid');
    assert.equal([settings?.logging, settings?.index, settings?.secure], [{ level: 'debug2' }, null, false]);
  });

  it('takes what may be left out, ignores what it does not know, and reads `no` as Ruby does', async (scope) => {
    const more =
      'index: 3\ndirs: { tmp: work }\nlocal_route: 127.0.0.1\nruby_path: /usr/bin/ruby\nnever_heard_of: [1]\n';
    const path = await write(scope, ofTheArticle.replace('secure: false', 'secure: no') + more);

    const settings = await readStagerConfig(path, {});

    const { tmpDir, index, host, shownConfig } = settings?.options ?? {};
    assert.equal([tmpDir, index, host, settings?.secure], ['work', 3, '127.0.0.1', false]);
    assert.equal([shownConfig?.['never_heard_of'], shownConfig?.['ruby_path']], [[1], '/usr/bin/ruby']);
  });

  it('is looked for where the platform keeps all its files, when none is named', async (scope) => {
    const directory = await scratchDirectory(scope);
    await writeFile(join(directory, 'stager.yml'), ofTheArticle.replace("['staging']", '[one, two]'));
    const named = await write(scope, ofTheArticle);
    const env = { CLOUD_FOUNDRY_CONFIG_PATH: directory };

    assert.equal((await readStagerConfig(undefined, env))?.options.queues, ['one', 'two']);
    assert.equal((await readStagerConfig(named, env))?.options.queues, ['staging']);
    assert.is(await readStagerConfig(undefined, {}), undefined);
  });

  it('says in one line which keys are missing, in the order of the original', async () => {
    assert.is(
      await refusalOf(() => stagerConfigOf({ logging: {}, queues: ['staging'] })),
      `${invalid}{ logging => { level => Missing key }, nats_uri => Missing key, max_staging_duration => Missing key, ` +
        'max_active_tasks => Missing key, pid_filename => Missing key, secure => Missing key }',
    );
  });

  it('names a folder of manifests, which decide what is staged', async (scope) => {
    const manifests = join(await scratchDirectory(scope), 'manifests');
    await mkdir(manifests);
    const manifest = (pattern: string) =>
      writeFile(
        join(manifests, 'sinatra.yml'),
        `name: sinatra\nruntimes:\n  - ruby19:\n      default: true\ndetection:\n  - "*.rb": '${pattern}'\n`,
      );
    const path = await write(scope, `${ofTheArticle}dirs:\n  manifests: ${manifests}\n`);
    const { bus } = await startStager(scope, (await readStagerConfig(path, {}))?.options);
    const cloud = await playCloudController(
      scope,
      rawZip([
        { name: 'a.rb', content: "require 'sinatra'" },
        { name: 'b.rb', content: 'class MyApp' },
      ]),
    );
    const commandWith = async (pattern: string) => {
      await manifest(pattern);
      const { start_command, error } = await askToStage(bus, requestFor(cloud));
      return start_command ?? error ?? '';
    };

    assert.is(await commandWith('require .sinatra'), 'ruby a.rb');
    assert.is(await commandWith('class MyApp'), 'ruby b.rb');
    assert.match(await commandWith('(open'), `${manifests}/sinatra.yml: detection.0.*.rb: '(open' is no regular`);
  });

  it('is refused when there is no such folder of manifests', async (scope) => {
    const none = join(await scratchDirectory(scope), 'none');
    const path = await write(scope, `${ofTheArticle}dirs: { manifests: ${none} }\n`);

    assert.is(
      await refusalOf(() => readStagerConfig(path, {})),
      `${invalid}{ dirs => { manifests => Expected a directory, given ${none} } }`,
    );
  });

  const wrong: Record<string, [unknown, string]> = {
    'no record': [null, 'Expected instance of Hash, given instance of NilClass'],
    'text for a number': [
      { ...whole, max_active_tasks: '10' },
      '{ max_active_tasks => Expected instance of Integer, given an instance of String }',
    ],
    'a fraction of a second': [
      { ...whole, max_staging_duration: 1.5 },
      '{ max_staging_duration => Expected instance of Integer, given an instance of Float }',
    ],
    'one queue instead of a list': [
      { ...whole, queues: 'staging' },
      '{ queues => Expected instance of Array, given instance of String }',
    ],
    'numbers as queues': [
      { ...whole, queues: ['staging', 7] },
      '{ queues => At index 1: Expected instance of String, given an instance of Integer }',
    ],
    'a word for a truth value': [
      { ...whole, secure: 'maybe' },
      '{ secure => Expected instance of true or false, given maybe }',
    ],
    'an empty optional key': [
      { ...whole, dirs: null },
      '{ dirs => Expected instance of Hash, given instance of NilClass }',
    ],
    'no thread and no queue': [
      { ...whole, max_active_tasks: 0, queues: [] },
      '{ max_active_tasks => Expected 1 or more, given 0, queues => Expected the names of one queue or more }',
    ],
  };
  for (const [what, [value, mistake]] of Object.entries(wrong)) {
    it(`is refused with ${what}`, async () => {
      assert.is(await refusalOf(() => stagerConfigOf(value)), `${invalid}${mistake}`);
    });
  }

  it('is refused when it cannot be read, with the name of the file', async (scope) => {
    const directory = await scratchDirectory(scope);
    const missing = join(directory, 'none.yml');
    const broken = await write(scope, 'queues: [staging\nsecure: {');

    assert.is(
      await refusalOf(() => readStagerConfig(missing, {})),
      `ERROR: Failed loading config from file '${missing}': No such file or directory - ${missing}`,
    );
    assert.match(await refusalOf(() => readStagerConfig(directory, {})), `': Is a directory - ${directory}`);
    const refusal = await refusalOf(() => readStagerConfig(broken, {}));
    assert.ok(refusal.startsWith(`ERROR: Failed loading config from file '${broken}': This is not YAML: `), refusal);
    assert.match(refusal, /at line 2/);
    assert.not.match(refusal, '\n');
  });

  it('names a pid file that is taken and given back, unless another stager has it', async (scope) => {
    const path = join(await scratchDirectory(scope), 'run/deep/stager.pid');

    const taken = await takeStagerPidFile(path);
    assert.is(readFileSync(path, 'utf8'), `${process.pid}\n`);
    await taken[Symbol.asyncDispose]();
    assert.not.ok(existsSync(path));

    await writeFile(path, `${process.ppid}\n`);
    assert.is(await refusalOf(() => takeStagerPidFile(path)), `ERROR: Can't create stager pid file ${path}`);
    assert.is(readFileSync(path, 'utf8'), `${process.ppid}\n`);

    const directory = join(path, '../directory');
    await mkdir(directory);
    assert.is(await refusalOf(() => takeStagerPidFile(directory)), `ERROR: Can't create stager pid file ${directory}`);
  });

  it('may give tasks more time than a timer can count', async (scope) => {
    const dirs = { tmp: await scratchDirectory(scope) };
    const { options } = stagerConfigOf({ ...whole, max_staging_duration: 31_536_000, dirs });
    const { bus } = await startStager(scope, options);
    const cloud = await playCloudController(scope, rawZip([{ name: 'app.js', content: ';' }]));

    assert.is((await askToStage(bus, requestFor(cloud))).error, undefined);
  });
});
