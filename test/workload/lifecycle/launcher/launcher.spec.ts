import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { launcherScript } from '#workload/lifecycle/launcher/index.ts';
import { describe } from '../../../support/spec.ts';
import { aDroplet, recordingOf, runIn, waysTo } from './a-droplet.ts';

const instance = {
  CF_INSTANCE_ADDR: '10.0.0.1:61001',
  CF_INSTANCE_GUID: 'ig-1',
  CF_INSTANCE_INDEX: '0',
  CF_INSTANCE_IP: '10.0.0.1',
  CF_INSTANCE_PORT: '61001',
  INSTANCE_GUID: 'ig-1',
  INSTANCE_INDEX: '0',
  MEMORY_LIMIT: '64m',
  PORT: '8080',
  VCAP_APPLICATION: '{"application_name":"tiny", "limits":{"mem":64,"disk":128,"fds":16384}}',
  VCAP_SERVICES: '{"p":[{"name":"db","credentials":{"uri":"mysql://u:p@h/db"}}]}',
};

interface Case {
  readonly args: readonly string[];
  readonly stagingInfo?: string;
  readonly env?: Readonly<Record<string, string>>;
}

const recorded: Readonly<Record<string, Case>> = {
  env: { args: ['app', 'echo "argv0=$0 n=$#"; pwd; env | sort', ''], env: instance },
  'no-args': { args: [] },
  'no-cmd': { args: ['app', '', ''] },
  quoting: { args: ['app', `echo "a   b" "$HOME"; exit 7`, '{}'] },
  'missing-dir': { args: ['nodir', 'pwd', ''] },
  'bad-flag': { args: ['app', 'true', '-nope'] },
  'bad-staging-info': { args: ['app', '', ''], stagingInfo: '{"start_command":"a" "b"}\n' },
  // Whoever recorded it ended it by timeout(1).
  'default-cmd': { args: ['app', '', ''], stagingInfo: '{"start_command":"echo listening 8080; exit 124"}\n' },
  'entrypoint-prefix': {
    args: ['app', '', ''],
    stagingInfo:
      '{"detected_buildpack":"x","start_command":"from-staging","config":{"entrypoint_prefix":"/bin/echo"}}\n',
  },
};

describe('the launcher', (it) => {
  for (const [name, { args, stagingInfo, env }] of Object.entries(recorded)) {
    it(`does as the original in ${name}`, async (scope) => {
      const droplet = await aDroplet(scope, stagingInfo);
      const expected = await recordingOf('launcher', name);
      for (const way of await waysTo(scope, 'launcher', launcherScript)) {
        const said = await runIn(droplet, way, args, env);
        assert.equal({ way: way.is, ...said }, { way: way.is, ...expected });
      }
    });
  }

  const run = async (scope: Parameters<typeof aDroplet>[0], args: readonly string[], given: Partial<Case> = {}) => {
    const droplet = await aDroplet(scope, given.stagingInfo);
    const [script] = await waysTo(scope, 'launcher', launcherScript);
    if (script === undefined) throw new Error('there is no script');
    const { code, out, err } = await runIn(droplet, script, args, given.env ?? {});
    return { code, err, said: out.split('Invoking start command.\n')[1] ?? '' };
  };
  const variable = async (scope: Parameters<typeof aDroplet>[0], name: string, env: Record<string, string>) =>
    (await run(scope, ['app', `printenv ${name} || echo none`, ''], { env })).said.trimEnd();

  it('reads what Go escaped in staging_info.yml', async (scope) => {
    const stagingInfo = String.raw`{"start_command":"echo a \u0026\u0026 echo \u003cb\u003e \"q\" \\\\ \u00e9 \ud83d\ude00 '\t'|cat"}`;
    const command = 'echo a && echo "<b>"';
    assert.is(
      (await run(scope, ['app', '', ''], { stagingInfo: JSON.stringify({ start_command: command }) })).said,
      'a\n<b>\n',
    );
    const shown = { stagingInfo: stagingInfo.replace('"}', '","config":{"entrypoint_prefix":"printf %s"}}') };
    assert.is((await run(scope, ['app', '', ''], shown)).said, `echo a && echo <b> "q" \\\\ é 😀 '\t'|cat`);
  });

  it('prefers the command it is given to that of the droplet', async (scope) => {
    assert.is(
      (await run(scope, ['app', 'echo mine', ''], { stagingInfo: '{"start_command":"echo its"}' })).said,
      'mine\n',
    );
  });

  it('takes an empty staging_info.yml for none', async (scope) => {
    assert.match((await run(scope, ['app', '', ''], { stagingInfo: ' \n' })).err, /no start command specified/);
  });

  it('names the line where staging_info.yml is broken', async (scope) => {
    const { code, err } = await run(scope, ['app', '', ''], { stagingInfo: '{"a":[1,\n2\n3]}' });
    assert.is(code, 1);
    assert.match(err, /yaml: line [23]: did not find expected ',' or '\]'$/);
    const plain = await run(scope, ['app', '', ''], { stagingInfo: 'start_command: ls\n' });
    assert.is(plain.code, 1);
    assert.match(plain.err, /^Invalid staging info - /);
  });

  it('writes VCAP_APPLICATION as Go would: sorted, escaped, with what only the instance knows', async (scope) => {
    const VCAP_APPLICATION = String.raw`{ "z":[1,{"b":true,"a":null}],"name":"caf\u00e9 <&> \"\/\\ \n\u0001\u2028", "ab":{}, "a":[], "port":1, "z":[2] }`;
    const env = { VCAP_APPLICATION, PORT: '08080', INSTANCE_INDEX: 'x', INSTANCE_GUID: 'a"b' };
    assert.is(
      await variable(scope, 'VCAP_APPLICATION', env),
      String.raw`{"a":[],"ab":{},"host":"0.0.0.0","instance_id":"a\"b","name":"café \u003c\u0026\u003e \"/\\ \n\u0001\u2028","port":8080,"z":[2]}`,
    );
  });

  it('leaves a VCAP_APPLICATION alone that is no object', async (scope) => {
    for (const VCAP_APPLICATION of ['{"a":1', '[1]', 'x', '{"a":1}}', '{"a":"\\u0000"}', '{"a" 1}', '{"a":01}']) {
      assert.is(await variable(scope, 'VCAP_APPLICATION', { VCAP_APPLICATION, PORT: '1' }), VCAP_APPLICATION);
    }
  });

  it('finds the first database among the services, in the order of the document', async (scope) => {
    const url = (VCAP_SERVICES: unknown) =>
      variable(scope, 'DATABASE_URL', { VCAP_SERVICES: JSON.stringify(VCAP_SERVICES), DATABASE_URL: 'own' });
    const service = (uri: unknown) => ({ credentials: { more: { credentials: { uri: 'mysql://no' } }, uri } });
    assert.is(
      await url({ z: [service('redis://r'), service('postgresql://z/1')], a: [service('mysql://a')] }),
      'postgres://z/1',
    );
    assert.is(await url({ a: [service('MySQL2://a')] }), 'mysql2://a');
    assert.is(await url({ a: [service('redis://r'), service(7), { credentials: null }, {}] }), 'own');
    assert.is(await variable(scope, 'DATABASE_URL', { VCAP_SERVICES: '{"a":[' }), 'none');
  });

  it('hides VCAP_PLATFORM_OPTIONS from the app, and refuses one that is no JSON', async (scope) => {
    assert.is(await variable(scope, 'VCAP_PLATFORM_OPTIONS', { VCAP_PLATFORM_OPTIONS: '{"a":"b"}' }), 'none');
    assert.is((await run(scope, ['app', 'true', ''], { env: { VCAP_PLATFORM_OPTIONS: 'x' } })).code, 3);
  });

  it('leaves variables of the app alone that are named like its own', async (scope) => {
    const env = { rest: '1', out: '2', key: '3', at: '4', word: '5', LC_ALL: 'C.UTF-8', ...instance };
    const { said } = await run(scope, ['app', 'echo "$rest$out$key$at$word$LC_ALL"; env | grep -c lp_', ''], { env });
    assert.is(said, '12345C.UTF-8\n0\n');
  });

  it('reads the flags behind the metadata', async (scope) => {
    const outcome = async (...flags: string[]) => {
      const { code, err } = await run(scope, ['app', 'exit 5', ...flags]);
      return `${code} ${err.split('\n')[0]}`;
    };
    assert.is(await outcome('-credhubConnectAttempts=4', '--credhubRetryDelay', '1.5s', 'x', '-y'), '5 ');
    assert.is(await outcome('--', '-nope'), '5 ');
    assert.is(await outcome('-credhubConnectAttempts'), '2 flag needs an argument: -credhubConnectAttempts');
    assert.is(await outcome('-credhubRetryDelay=1'), '2 invalid value "1" for flag -credhubRetryDelay: parse error');
    assert.is(await outcome('---x'), '2 bad flag syntax: ---x');
    assert.is(await outcome('-h'), '0 Usage of launcher:');
  });

  it('ends with a .profile that ends', async (scope) => {
    const droplet = await aDroplet(scope);
    await writeFile(join(droplet, 'app', '.profile'), 'exit 9\n');
    const [script] = await waysTo(scope, 'launcher', launcherScript);
    if (script === undefined) throw new Error('there is no script');
    assert.is((await runIn(droplet, script, ['app', 'echo no', ''])).code, 9);
  });
});
