import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { readRouterConfig } from '#components/router/index.ts';
import { scratchDirectory } from '../../support/scratch.ts';
import { describe, type Scope } from '../../support/spec.ts';
import { thrownBy } from '../../support/thrown.ts';

async function read(scope: Scope, yaml: string) {
  const file = join(await scratchDirectory(scope), 'router.yml');
  await writeFile(file, yaml);
  return readRouterConfig(file, {});
}

describe('router.yml', (it) => {
  it('says where to listen, where the bus is, and who may see the status', async (scope) => {
    const settings = await read(
      scope,
      `---
port: 12222
inet: 127.0.0.1
mbus: nats://me:secret@127.0.0.1:4222/
pid: /run/router.pid
index: 1
trace_key: 23
status: { port: 8083, user: thin, password: 7, expose_all_apps: true }
404_redirect: http://www.vcap.me/404
enable_nonprod_apps: true
logging: { level: debug2 }
session_key: 14fbc303b76bacd1e0a3ab641c11d114
`,
    );

    const { host, port, index, traceKey, status } = settings?.options ?? {};
    assert.equal([host, port, index, traceKey], ['127.0.0.1', 12_222, 1, '23']);
    const { notFoundRedirect, activeAppsEveryMs, exposeAllApps } = settings?.options ?? {};
    assert.equal([notFoundRedirect, activeAppsEveryMs, exposeAllApps], ['http://www.vcap.me/404', 30_000, true]);
    assert.equal(status, { port: 8083, user: 'thin', password: '7' });
    assert.is(settings?.natsUri, 'nats://me:secret@127.0.0.1:4222/');
    assert.is(settings?.pidFilename, '/run/router.pid');
    assert.equal(settings?.logging, { level: 'debug2' });
    assert.equal(Object.keys(settings?.withoutEffect ?? {}), ['session_key']);
  });

  it('needs nothing; what is absent is as without a file', async (scope) => {
    const settings = await read(scope, '--- {}\n');
    assert.is(settings?.options.port, 8080);
    assert.is(settings?.options.traceKey, '22');
    assert.is(settings?.natsUri, undefined);
    assert.is(settings?.options.activeAppsEveryMs, 0);
  });

  it('says how often active apps are told, for the router of 2013 and for gorouter', async (scope) => {
    const everyMs = async (yaml: string) => (await read(scope, yaml))?.options.activeAppsEveryMs;

    assert.is(await everyMs('{ enable_nonprod_apps: true, flush_apps_interval: 5 }'), 5_000);
    assert.is(await everyMs('{ enable_nonprod_apps: false, flush_apps_interval: 5 }'), 0);
    assert.is(await everyMs('flush_apps_interval: 5'), 0);
    assert.is(await everyMs('publish_active_apps_interval: 7'), 7_000);
  });

  it('stands in the directory of all configurations when no file is named', async (scope) => {
    const directory = await scratchDirectory(scope);
    await writeFile(join(directory, 'router.yml'), 'port: 2222\n');

    const settings = await readRouterConfig(undefined, { CLOUD_FOUNDRY_CONFIG_PATH: directory });

    assert.is(settings?.options.port, 2222);
    assert.is(await readRouterConfig(undefined, {}), undefined);
  });

  it('is refused with the key that is wrong', async (scope) => {
    const refusals: [yaml: string, reason: RegExp][] = [
      [
        'port: "80"',
        /^ERROR: There was a problem .*\{ port => Expected instance of Integer, given an instance of String \}/,
      ],
      ['port: 70000', /port => .*65535/],
      ['inet: ""', /inet => /],
      ['trace_key: ""', /trace_key => /],
      ['404_redirect: "http://a b"', /404_redirect => must be an address without blanks/],
      ['404_redirect: "http://a\\r\\nSet-Cookie: x=y"', /404_redirect => must be an address without blanks/],
      ['enable_nonprod_apps: maybe', /enable_nonprod_apps => Expected instance of true or false/],
      ['publish_active_apps_interval: -1', /flush_apps_interval or publish_active_apps_interval => /],
      ['status: { expose_all_apps: 1 }', /expose_all_apps => Expected instance of true or false/],
      ['status: 8080', /status => Expected instance of Hash/],
      ['- port', /Expected instance of Hash, given instance of Array/],
      ['port: [', /^ERROR: Failed loading config from file '.*router\.yml': /],
    ];
    for (const [yaml, reason] of refusals)
      assert.match((await thrownBy(() => read(scope, yaml))).message, reason, yaml);

    const missing = await thrownBy(() => readRouterConfig('/nowhere/router.yml', {}));
    assert.match(missing.message, 'No such file or directory - /nowhere/router.yml');
  });
});
