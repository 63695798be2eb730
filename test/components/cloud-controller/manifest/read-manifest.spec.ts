import * as assert from 'uvu/assert';
import { type AppWish, readManifest } from '#components/cloud-controller/manifest/read-manifest.ts';
import { ApiError } from '#contract/api/errors.ts';
import { describe } from '../../../support/spec.ts';
import { thrownBy } from '../../../support/thrown.ts';

describe('a manifest', (it) => {
  it('says what it wants of an app, and leaves the rest open', async () => {
    const [app] = (await readManifest('applications:\n- name: web1\n')).apps;

    assert.equal(app, {
      name: 'web1',
      web: {
        memoryMb: undefined,
        diskMb: undefined,
        instances: undefined,
        command: undefined,
        healthCheck: { data: {} },
      },
      others: {},
      environment: {},
      routes: [],
      routing: 'asListed',
      buildpacks: undefined,
      labels: {},
      annotations: {},
      sidecars: [],
    });
  });

  it('is understood as people write it', async () => {
    const app = await only(`
      memory: 1.5G
      disk_quota: 512MB
      instances: 3
      command: node app.js
      health-check-type: http
      health-check-http-endpoint: /up
      timeout: 30
      env:
        TEXT: "it's"
        NUMBER: 7
        FLAG: true
        GONE: ~
        LIST: [1, two]
      routes:
      - route: a.localhost
      - {route: b.localhost/v1, protocol: http1}
      metadata: {labels: {team: a, old: ~}}`);

    assert.equal(app.web, {
      memoryMb: 1536,
      diskMb: 512,
      instances: 3,
      command: 'node app.js',
      healthCheck: { type: 'http', data: { timeout: 30, endpoint: '/up' } },
    });
    assert.equal(app.environment, { TEXT: "it's", NUMBER: '7', FLAG: 'true', GONE: null, LIST: '[1,"two"]' });
    assert.equal(app.routes, ['a.localhost', 'b.localhost/v1']);
    assert.equal(app.labels, { team: 'a', old: null });
  });

  it('may be JSON', async () => {
    const { apps } = await readManifest('{"applications": [{"name": "j", "memory": "64M"}]}');

    assert.is(apps[0]?.web.memoryMb, 64);
  });

  it('may repeat itself through anchors and merges', async () => {
    const { apps } = await readManifest(`
defaults: &defaults
  memory: 64M
applications:
- <<: *defaults
  name: one
- <<: *defaults
  name: two
  memory: 128M`);

    assert.equal(
      apps.map(({ name, web }) => [name, web.memoryMb]),
      [
        ['one', 64],
        ['two', 128],
      ],
    );
  });

  it('describes the web process in the app or below processes, where it counts more', async () => {
    const app = await only(
      'memory: 64M\n      instances: 2\n      processes:\n      - {type: web, memory: 128M, disk-quota: 1G}',
    );

    assert.is(app.web.memoryMb, 128);
    assert.is(app.web.instances, 2);
    assert.is(app.web.diskMb, 1024);
  });

  it('takes a command back with null', async () => {
    assert.is((await only('command: ~')).web.command, null);
    assert.is((await only('command: "null"')).web.command, null);
    assert.is((await only('command: default')).web.command, null);
    assert.is((await only('memory: 1M')).web.command, undefined);
  });

  it('decides how the app is reached', async () => {
    assert.is((await only('no-route: true')).routing, 'none');
    assert.is((await only('random-route: true')).routing, 'random');
    assert.is((await only('default-route: true')).routing, 'default');
    assert.is((await only('default-route: true\n      routes: [{route: a.localhost}]')).routing, 'asListed');
    assert.is((await only('random-route: true\n      routes: [{route: a.localhost}]')).routing, 'asListed');
    assert.is((await only('no-route: false\n      default-route: true')).routing, 'default');
  });

  it('may name buildpacks, or say that there are to be none', async () => {
    const { apps } = await readManifest(
      'applications:\n- {name: a, buildpacks: [sinatra]}\n- {name: b, buildpack: nodejs_buildpack}\n- {name: c, buildpacks: []}',
    );

    assert.equal(
      apps.map(({ buildpacks }) => buildpacks),
      [['sinatra'], ['nodejs_buildpack'], []],
    );
  });

  it('may write its names with _, in its processes too', async () => {
    const app = await only(
      'disk_quota: 1G\n      processes: [{type: web, disk_quota: 2G, health_check_type: process}]',
    );

    assert.is(app.web.diskMb, 2048);
    assert.is(app.web.healthCheck.type, 'process');
  });

  it('is told what of its processes changes nothing', async () => {
    const { warnings } = await readManifest(
      'applications:\n- {name: a, processes: [{type: web, user: x, readiness-health-check-type: http}]}',
    );

    assert.equal(warnings, [
      "For application 'a': 'processes.user' is not supported and was ignored.",
      "For application 'a': 'processes.readiness-health-check-type' is not supported and was ignored.",
    ]);
  });

  it('is told what of it changes nothing', async () => {
    const { warnings } = await readManifest(
      'applications:\n- {name: a, path: x, log-rate-limit-per-second: 1K, features: {ssh: true}, domain: x}',
    );

    assert.equal(warnings, [
      "For application 'a': 'log-rate-limit-per-second' is not supported and was ignored.",
      "For application 'a': 'features' is not supported and was ignored.",
      "For application 'a': 'domain' is not supported and was ignored.",
    ]);
  });

  it('is refused where it asks for what there is not, with what to do instead', async () => {
    const cases: Record<string, RegExp> = {
      'docker: {image: a/b}': /Docker images are not supported: push the source of the app/,
      'services: [db]': /services are not supported yet: put what the app needs to reach them into env/,
      'stack: cflinuxfs4': /There is no stack 'cflinuxfs4': apps run on the machine itself, the stack 'host'/,
      'lifecycle: cnb': /lifecycle 'cnb' is not supported: leave it out/,
      'processes: [{type: "a/b"}]': /'a\/b' is no type of a process/,
      'processes: [{type: worker}, {type: worker}]': /The process 'worker' is there twice/,
      'routes: [{route: a.localhost, protocol: http2}]': /The protocol 'http2' is not supported, only http1/,
    };
    for (const [text, expected] of Object.entries(cases)) await assertRefused(text, expected);
  });

  it('is refused for values that cannot be, naming the app and the value', async () => {
    const cases: Record<string, RegExp> = {
      'memory: 256': /memory needs a unit: write 256M if you mean megabytes/,
      'memory: lots': /memory 'lots' must be a size like 256M or 1G/,
      'memory: 0M': /memory must be at least 1M, not 0M/,
      'memory: -5M': /memory '-5M' must be a size/,
      'memory: [1]': /memory: /,
      'disk-quota: 99999999T': /disk-quota must be at least 1M/,
      'instances: -1': /instances must be from 0 to 1000, not -1/,
      'instances: many': /instances: must be a number/,
      'instances: 1.5': /instances: must be a whole number/,
      'health-check-type: ping': /health-check-type 'ping' must be port, process or http/,
      'timeout: 0': /timeout must be a whole number of seconds from 1 to 3600, not 0/,
      'timeout: soon': /timeout: must be a number of seconds/,
      'env: [A]': /env: must be a mapping of names to values/,
      'metadata: {labels: {a: 1}}': /metadata\.labels: a: /,
      'routes: [a.localhost]': /routes\.0: must be written as `- route: …`/,
      'disk_quota: 1G\n      disk-quota: 1G': /'disk-quota' is there twice, with - and with _: keep one/,
      'sidecars: [{name: x}]': /sidecars\.0\.process-types: /,
      'sidecars: [{name: x, process_types: [], command: y}]': /sidecars\.0\.process-types: must name a process/,
      'no-route: "yes"': /no-route: must be true or false/,
      'no-route: true\n      random-route: true': /no-route contradicts the routes it names/,
      'no-route: true\n      routes: [{route: a.localhost}]': /no-route contradicts the routes it names/,
    };
    for (const [text, expected] of Object.entries(cases)) await assertRefused(text, expected);
  });

  it('is refused when it is none', async () => {
    const refusalOf = async (text: string) => {
      const error = await thrownBy(() => readManifest(text));
      assert.instance(error, ApiError);
      return `${(error as ApiError).status} ${error.message}`;
    };

    assert.match(await refusalOf('applications:\n- name: a\n  env: {A: "b'), /^400 .*This is not YAML: .* at line 3/);
    assert.match(await refusalOf('a: b: c'), /^400 .*This is not YAML: /);
    assert.match(await refusalOf(''), /^422 The manifest cannot be used: /);
    assert.match(await refusalOf('just text'), /^422 The manifest cannot be used: /);
    assert.match(await refusalOf('applications: {}'), /^422 .*applications: must be a list of apps/);
    assert.match(await refusalOf('applications: []'), /^422 .*applications: must name an app/);
    assert.match(
      await refusalOf('applications:\n- memory: 1M'),
      /^422 Each application of the manifest must have a name/,
    );
    assert.match(await refusalOf('applications:\n- name: 7'), /^422 Each application of the manifest must have a name/);
    assert.match(
      await refusalOf('applications:\n- {name: a}\n- {name: a}'),
      /^422 For application 'a': it is in the manifest twice/,
    );
    assert.match(await refusalOf('applications:\n- {name: "a\\nb"}'), /^422 Name must not contain control characters/);
  });

  it('cannot multiply itself', async () => {
    const levels = Array.from(
      { length: 12 },
      (_, n) =>
        `l${n}: &l${n} [${Array(9)
          .fill(n === 0 ? 'x' : `*l${n - 1}`)
          .join(',')}]`,
    );

    const error = await thrownBy(() => readManifest(`${levels.join('\n')}\napplications:\n- name: a\n`));

    assert.match(error.message, /This is not YAML: Excessive alias count/);
    const deep = await thrownBy(() => readManifest(`applications: ${'['.repeat(50_000)}`));
    assert.match(deep.message, /This is not YAML: it is nested too deeply/);
  });
});

async function only(attributes: string): Promise<AppWish> {
  const { apps } = await readManifest(`applications:\n    - name: app\n      ${attributes.trimStart()}\n`);
  const [app] = apps;
  if (app === undefined) throw new Error('There is no app.');
  return app;
}

async function assertRefused(attributes: string, expected: RegExp): Promise<void> {
  const error = await thrownBy(() => only(attributes));
  assert.instance(error, ApiError, attributes);
  assert.is((error as ApiError).status, 422, attributes);
  assert.match(error.message, expected);
  assert.ok(error.message.startsWith("For application 'app': "), error.message);
}
