import * as assert from 'uvu/assert';
import { environmentOf } from '#components/dea/environment.ts';
import { recordOf } from '#components/dea/instance-record.ts';
import type { StartRequest } from '#contract/dea.ts';
import { describe } from '../../support/spec.ts';
import { thrownBy } from '../../support/thrown.ts';
import { optionsFor, requestFor } from './support.ts';

const places = { directory: '/dea/hello-0', path: '/bin:/dea/bin', host: '127.0.0.1' };
const redis = {
  label: 'redis-2.2',
  name: 'redis-1',
  plan: 'free',
  tags: ['redis'],
  type: 'key-value',
  vendor: 'redis',
  version: '2.2',
  plan_option: null,
  credentials: { hostname: '127.0.0.1', port: 6379, password: "it's" },
};

function environmentFor(changes: Partial<StartRequest>, port: number | null = 61_000): Record<string, string> {
  const request = requestFor({ path: '/none', sha1: 'abc' }, { droplet: 'app-1', ...changes });
  const record = { ...recordOf(request, optionsFor({}), 1_353_000_000_000), port };
  return environmentOf(record, request, places);
}

describe('environment of an app', (it) => {
  it('is a list of its own, with nothing of the platform', () => {
    const env = environmentFor({});

    const names = Object.keys(env).filter((name) => !/^(VCAP|VMC|CF_INSTANCE)_/.test(name));
    assert.equal(names.sort(), ['HOME', 'LANG', 'LOCALPAAS_INSTANCE', 'MEMORY_LIMIT', 'PATH', 'PORT', 'TMPDIR']);
    assert.is(env['HOME'], '/dea/hello-0');
    assert.is(env['TMPDIR'], '/dea/hello-0/tmp');
    assert.is(env['PATH'], '/bin:/dea/bin');
  });

  it('tells the app who it is', () => {
    const env = environmentFor({ index: 2, uris: ['a.localhost'] });

    const application = JSON.parse(env['VCAP_APPLICATION'] ?? '');
    assert.is(application.instance_index, 2);
    assert.is(application.instance_id, env['LOCALPAAS_INSTANCE']);
    assert.equal(application.uris, ['a.localhost']);
    assert.equal(application.limits, { fds: 1024, mem: 268_435_456, disk: 268_435_456 });
    assert.is(application.start, '2012-11-15 17:20:00 +0000');
    assert.is(application.port, 61_000);
    assert.is(application.application_id, 'app-1');
  });

  it('tells one of several processes which it is, and what to run', () => {
    const env = environmentFor({
      droplet: 'app-1-worker',
      application_id: 'app-1',
      process_type: 'worker',
      start_command: 'node worker.js',
    });

    const application = JSON.parse(env['VCAP_APPLICATION'] ?? '');
    assert.is(application.application_id, 'app-1');
    assert.is(application.process_id, 'app-1-worker');
    assert.is(application.process_type, 'worker');
    assert.is(env['LOCALPAAS_START_COMMAND'], 'node worker.js');
  });

  it('names the port in the words of all years', () => {
    const env = environmentFor({});
    for (const name of ['PORT', 'VCAP_APP_PORT', 'VMC_APP_PORT', 'CF_INSTANCE_PORT'])
      assert.is(env[name], '61000', name);
  });

  it('has no port for an app that is not reached', () => {
    const env = environmentFor({ uris: [] }, null);
    assert.is(env['PORT'], undefined);
    assert.is(env['VCAP_APP_PORT'], '');
  });

  it('lists services by label, with what they say', () => {
    const env = environmentFor({ services: [redis, { ...redis, name: 'redis-2' }] });

    const services = JSON.parse(env['VCAP_SERVICES'] ?? '');
    assert.equal(services['redis-2.2'][0], {
      name: 'redis-1',
      label: 'redis-2.2',
      plan: 'free',
      tags: ['redis'],
      credentials: redis.credentials,
    });
    assert.is(services['redis-2.2'][1].name, 'redis-2');
    assert.is(env['VMC_REDIS'], '127.0.0.1:6379');
    assert.is(JSON.parse(env['VMC_SERVICES'] ?? '')[0].tier, 'free');
  });

  it('takes what the user sets, byte for byte, and last', () => {
    const env = environmentFor({
      env: ['FOO=bar baz', `Q='a' "b" $HOME \`x\``, 'EMPTY=', 'EQ=a=b', 'HOME=/mine', 'U=ü\n2'],
    });

    assert.is(env['FOO'], 'bar baz');
    assert.is(env['Q'], `'a' "b" $HOME \`x\``);
    assert.is(env['EMPTY'], '');
    assert.is(env['EQ'], 'a=b');
    assert.is(env['HOME'], '/mine');
    assert.is(env['U'], 'ü\n2');
  });

  it('keeps the variable by which processes are found', () => {
    const env = environmentFor({ env: ['LOCALPAAS_INSTANCE=somebody-else'] });
    assert.match(env['LOCALPAAS_INSTANCE'] ?? '', /^[0-9a-f]{32}$/);
  });

  it('takes what the runtime asks for, which may build on the PATH', () => {
    const environment = { PATH: '/opt/ruby:$PATH', GEMS: '/gems' };
    const env = environmentFor({ runtime_info: { name: 'ruby19', environment } });

    assert.is(env['PATH'], '/opt/ruby:/bin:/dea/bin');
    assert.is(env['GEMS'], '/gems');
  });

  it('takes a value of 100 kB', () => {
    assert.is(environmentFor({ env: [`BIG=${'x'.repeat(100_000)}`] })['BIG']?.length, 100_000);
  });

  it('refuses what the system does not pass on', async () => {
    const refusal = async (entry: string) => (await thrownBy(() => environmentFor({ env: [entry] }))).message;

    assert.match(
      await refusal(`BIG=${'x'.repeat(131_072)}`),
      'BIG is 129 kB long, and the system takes 128 kB at most',
    );
    assert.match(await refusal('A=x\0y'), "variable 'A' cannot be passed to a program");
    assert.match(await refusal('=value'), 'it has no name or holds a zero byte');
  });
});
