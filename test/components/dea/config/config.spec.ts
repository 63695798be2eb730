import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import * as assert from 'uvu/assert';
import { deaConfigOf } from '#components/dea/config/config.ts';
import { readDeaConfig } from '#components/dea/index.ts';
import { ConfigError } from '#vcap/config-rules.ts';
import { scratchDirectory } from '../../../support/scratch.ts';
import { describe } from '../../../support/spec.ts';
import { thrownBy } from '../../../support/thrown.ts';

const least = { base_dir: '/var/vcap/dea', max_memory: 1024, runtimes: ['ruby19'] };
const settingsOf = (changes: object = {}) => deaConfigOf({ ...least, ...changes }, { path: '/bin' });
const refusalOf = async (changes: object) => {
  const error = await thrownBy(() => settingsOf(changes));
  assert.instance(error, ConfigError);
  return error.message;
};

const tutorial = `---
base_dir: /tmp/deploying-to-a-cloudfoundry-dea/var/dea
pid: /tmp/deploying-to-a-cloudfoundry-dea/var/dea.pid
runtimes:
  - ruby19
multi_tenant: true
max_memory: 1024
secure: no
logging:
  level: debug
intervals:
filer_port:
`;

describe('dea.yml', (it) => {
  it('needs a directory and memory, and has the defaults of 2012 for the rest', () => {
    const { options, mbus, pid, index, logging, remarks } = settingsOf();

    assert.equal([mbus, pid, index, logging, remarks], [undefined, undefined, null, {}, []]);
    assert.equal([options.baseDir, options.maxMemoryMb, options.runtimes], ['/var/vcap/dea', 1024, ['ruby19']]);
    assert.equal(
      [options.maxInstances, options.maxDiskUsePercent, options.filerPort, options.prod],
      [1, 95, null, null],
    );
    assert.equal(
      [options.heartbeatEveryMs, options.advertiseEveryMs, options.evacuationDelayMs],
      [10_000, 5_000, 30_000],
    );
    assert.equal([options.keepDirectories, options.forceHttpSharing, options.strictRuntimes], [false, false, false]);
    assert.equal([options.defaultMemoryMb, options.defaultDiskMb, options.defaultFds], [512, 256, 1024]);
    assert.equal(settingsOf({ runtimes: undefined, base_dir: 'var' }).options.baseDir, resolve('var'));
  });

  it('sets each of the keys of the original', () => {
    const { options, mbus, pid, index, logging } = settingsOf({
      mbus: 'nats://me:secret@10.0.0.1:4222',
      pid: '/run/dea.pid',
      index: 3,
      multi_tenant: true,
      prod: true,
      force_http_sharing: true,
      disable_dir_cleanup: true,
      filer_port: 12_345,
      evacuation_delay: 2.5,
      intervals: { heartbeat: 1, advertise: 2 },
      droplet_fs_percent_used_threshold: 80,
      dea_ruby: '/usr/bin/ruby',
      status: { port: 9_000, user: 'me', password: 'x' },
      logging: { level: 'info', file: '/log' },
      something_else: [1],
    });

    assert.equal([mbus, pid, index], ['nats://me:secret@10.0.0.1:4222', '/run/dea.pid', 3]);
    assert.equal(logging, { level: 'info', file: '/log' });
    assert.equal([options.maxInstances, options.prod, options.index, options.filerPort], [1024, true, 3, 12_345]);
    assert.equal([options.forceHttpSharing, options.keepDirectories, options.maxDiskUsePercent], [true, true, 80]);
    assert.equal(
      [options.heartbeatEveryMs, options.advertiseEveryMs, options.evacuationDelayMs],
      [1_000, 2_000, 2_500],
    );
    assert.equal(options.status, { port: 9_000, user: 'me', password: 'x' });
    assert.is(settingsOf({ strict_runtimes: true }).options.strictRuntimes, true);
    assert.equal(settingsOf({ runtime_directories: ['/opt/ruby/bin'] }).options.runtimeDirectories, ['/opt/ruby/bin']);
    assert.is(settingsOf({ filer_port: 0 }).options.filerPort, null);
  });

  it('is refused when something is missing or wrong, with the name of each key', async () => {
    const problem = 'ERROR: There was a problem validating the supplied config:';
    assert.is(await refusalOf({ base_dir: null }), `${problem} { base_dir => Missing key }`);
    assert.is(
      await refusalOf({ max_memory: 'much', multi_tenant: 'x' }),
      `${problem} { max_memory => Expected instance of Integer, given an instance of String, multi_tenant => Expected instance of true or false, given x }`,
    );
    assert.match(await refusalOf({ runtimes: 'ruby19' }), 'runtimes => Expected instance of Array');
    assert.match(await refusalOf({ runtimes: [1] }), 'runtimes => At index 0: Expected instance of String');
    assert.match(await refusalOf({ max_memory: -1 }), `${problem} { max_memory => Invalid value`);
    assert.match(await refusalOf({ filer_port: 70_000 }), '{ filer_port => Invalid value');
    assert.match(await refusalOf({ status: { port: -1 } }), '{ status.port => Invalid value');
    assert.match(await refusalOf({ intervals: { heartbeat: -1 } }), '{ intervals.heartbeat => Invalid value');
    for (const value of [null, [], 'text', 7]) {
      const error = await thrownBy(() => deaConfigOf(value, { path: '' }));
      assert.match(error.message, 'Expected instance of Hash', JSON.stringify(value));
    }
  });

  it('is refused with a map of runtimes, as it was before they were names', async () => {
    assert.is(
      await refusalOf({ runtimes: { ruby18: { executable: 'ruby' }, ruby19: {} } }),
      'ERROR: The DEA takes a list of runtime names, not a map: write `runtimes: [ruby18, ruby19]`',
    );
  });

  it('says what it asks for and works otherwise here', () => {
    const { remarks } = settingsOf({ secure: true, enforce_ulimit: true, runtimes: [], disable_dir_cleanup: true });

    assert.equal(
      remarks.map((remark) => remark.slice(0, remark.indexOf(':'))),
      ['secure', 'enforce_ulimit', 'runtimes', 'disable_dir_cleanup'],
    );
  });

  it('is read from the file that is named, or from the directory of all of them', async (scope) => {
    const directory = await scratchDirectory(scope);
    await writeFile(join(directory, 'dea.yml'), tutorial);
    const env = { PATH: '/a:/b', HOME: '/home/me' };

    const named = await readDeaConfig(join(directory, 'dea.yml'), env);
    const found = await readDeaConfig(undefined, { ...env, CLOUD_FOUNDRY_CONFIG_PATH: directory });

    assert.equal(named, found);
    assert.is(named.pid, '/tmp/deploying-to-a-cloudfoundry-dea/var/dea.pid');
    assert.equal([named.options.path, named.options.userHome, named.options.host], ['/a:/b', '/home/me', '127.0.0.1']);
    assert.equal([named.options.maxInstances, named.options.filerPort], [1024, null]);
    assert.is(named.options.shownConfig?.['config_file'], join(directory, 'dea.yml'));
    await writeFile(join(directory, 'dea.yml'), `${tutorial}local_route: 127.0.0.1\n`);
    assert.is((await readDeaConfig(join(directory, 'dea.yml'), env)).options.host, '127.0.0.1');
  });

  it('is missed with a word about how to name it', async (scope) => {
    const directory = await scratchDirectory(scope);

    const error = await thrownBy(() => readDeaConfig(undefined, {}));
    assert.match(error.message, 'The location of the config file was not specified: name it with `-c FILE`');
    assert.is((error as ConfigError).exitCode, 1);
    const none = await thrownBy(() => readDeaConfig(undefined, { CLOUD_FOUNDRY_CONFIG_PATH: directory }));
    assert.match(none.message, `Failed loading config from file '${join(directory, 'dea.yml')}': No such file`);
    await mkdir(join(directory, 'dea.yml'));
    assert.match((await thrownBy(() => readDeaConfig(join(directory, 'dea.yml'), {}))).message, 'Is a directory');
    await writeFile(join(directory, 'bad.yml'), 'a: [');
    assert.match((await thrownBy(() => readDeaConfig(join(directory, 'bad.yml'), {}))).message, 'This is not YAML');
  });
});
