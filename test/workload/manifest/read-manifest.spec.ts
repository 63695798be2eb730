import * as assert from 'uvu/assert';
import { describe } from '../../support/spec.ts';
import { appsOf, attributesOf, refusalOf, sample } from './manifests.ts';

describe('a manifest', (it) => {
  it('says of an app whatever the third version knows', () => {
    const [app] = appsOf(sample('v3-everything.manifest.yml'));

    assert.is(app?.name, 'everything');
    assert.is(app?.path, '/m/app');
    assert.equal(app?.remarks, []);
    assert.equal(app?.attributes, {
      name: 'everything',
      memory: '1G',
      'disk-quota': '2G',
      instances: 2,
      command: null,
      'health-check-type': 'http',
      'health-check-http-endpoint': '/health',
      'health-check-invocation-timeout': 2,
      'health-check-interval': 10,
      'readiness-health-check-type': 'http',
      'readiness-health-check-http-endpoint': '/ready',
      'readiness-health-check-invocation-timeout': 2,
      'readiness-health-check-interval': 5,
      timeout: 60,
      'log-rate-limit-per-second': '16K',
      user: 'vcap',
      buildpacks: ['ruby_buildpack', 'https://example.test/bp.git#v1'],
      stack: 'host',
      lifecycle: 'buildpack',
      env: {
        PLAIN: 'text',
        YES: 'yes',
        OFF: 'off',
        BIG: '1_000',
        OCTAL: '08',
        VERSION: '1.10',
        HEX: '0x1F',
        TIME: '12:30:45',
        DATE: '2001-01-01',
        TRUE_: 'True',
        EMPTY: '',
        GONE: null,
        LIST: '[1,"two"]',
        404: 'not found',
      },
      metadata: { labels: { sensitive: 'true', old: null }, annotations: { contact: 'me@example.test' } },
      features: { ssh: true, revisions: false },
      routes: [
        { route: 'everything.localhost' },
        { route: 'everything.localhost/v1', protocol: 'http2', options: { loadbalancing: 'round-robin' } },
      ],
      services: ['db', { name: 'mq', binding_name: 'queue', parameters: { vhost: 'a' } }],
      'default-route': true,
      processes: [
        {
          type: 'web',
          command: 'bin/web',
          memory: '512M',
          'disk-quota': '1G',
          instances: 3,
          'health-check-type': 'port',
        },
        { type: 'worker', command: 'bin/worker', instances: 0, timeout: 10 },
      ],
      sidecars: [{ name: 'config', 'process-types': ['web', 'worker'], command: 'bin/config', memory: '64M' }],
    });
  });

  it('says the same for all its apps, and makes routes of hosts and domains', () => {
    const [one, two, three] = appsOf(sample('v2-globals.manifest.yml')).map(({ attributes }) => attributes);

    assert.equal(one, {
      name: 'one',
      memory: '128M',
      env: { SHARED: '1', BOTH: 'below' },
      routes: [
        { route: 'uno.example.test' },
        { route: 'uno.example.org' },
        { route: 'eins.example.test' },
        { route: 'eins.example.org' },
      ],
    });
    assert.equal(two, {
      name: 'two',
      memory: '128M',
      env: { SHARED: '1', BOTH: 'above' },
      routes: [{ route: 'example.test' }],
      buildpacks: [],
    });
    assert.equal(three?.['routes'], [{ route: 'three.example.test' }]);
    assert.equal(attributesOf('host: www'), { routes: [{ route: 'www.paas.test' }] });
    assert.equal(attributesOf(`host: my-\${random-word}`), { routes: [{ route: 'my-otter.paas.test' }] });
  });

  it('may be of one app alone, or map folders to apps', () => {
    assert.equal(appsOf(sample('single.manifest.yml'))[0]?.attributes, {
      name: 'alone',
      memory: '64M',
      'no-route': true,
    });
    const [front, back] = appsOf(sample('by-folder.manifest.yml'));
    assert.equal([front?.name, front?.path], ['front', '/m/front']);
    assert.equal([back?.name, back?.path], ['back', '/m']);
    assert.is(back?.attributes['memory'], '96M');
    assert.equal(annotationsOf(back?.attributes)['localpaas/hooks'], '{"post-staging":["echo back below paas.test"]}');
  });

  it('lets no-route count more than routes, and says so', () => {
    const [app] = appsOf(
      'applications:\n- {name: a, no-route: true, random-route: true, routes: [{route: x.y}], host: z}',
    );

    assert.equal(app?.attributes, { name: 'a', 'no-route': true });
    assert.equal(app?.remarks, ['no-route counts more than routes and random-route: the app gets no route.']);
  });

  it('takes the words of YAML 1.1 where a truth or a number is meant', () => {
    assert.equal(attributesOf('no-route: yes\n  instances: 1_000\n  timeout: 08'), {
      'no-route': true,
      instances: 1000,
      timeout: 8,
    });
    assert.equal(attributesOf('no-route: off\n  instances: "2"'), { 'no-route': false, instances: 2 });
  });

  it('keeps what it does not know of a route', () => {
    assert.equal(attributesOf('routes: [{route: a.b, constructor: x, options: {y: 1}}]')['routes'], [
      { route: 'a.b', constructor: 'x', options: { y: 1 } },
    ]);
  });

  it('leaves words in braces to the shell', () => {
    assert.is(attributesOf(`command: run \${PORT} $HOME`)['command'], `run \${PORT} $HOME`);
  });

  it('is told what of it is unknown, with the line', () => {
    const [app] = appsOf(
      'x-common: {a: 1}\napplications:\n- name: a\n  memroy: 1G\n  processes: [{type: web, x: 1}]\n',
    );

    assert.equal(app?.remarks, [
      "/m/manifest.yml:4: 'memroy' is unknown and was left out.",
      "/m/manifest.yml:5: 'x' is unknown and was left out.",
    ]);
  });

  it('is refused for what cannot be, with the place and what to do', () => {
    const cases: [string, RegExp][] = [
      ['memory: 256', /manifest\.yml:3:11: memory '256' needs a unit\. Write 256M if you mean megabytes\./],
      ['memory: lots', /:3:11: memory must be a size, not 'lots'\. Write 256M or 1G/],
      ['memory: 0M', /:3:11: memory must be a size, not '0M'/],
      ['memory: [1]', /:3:11: memory must be a size, not a list/],
      ['disk_quota: 1G\n  disk-quota: 1G', /:4:3: 'disk_quota' and 'disk-quota' are the same\. Keep one/],
      ['instances: -1', /:3:14: instances must be a whole number, not '-1'/],
      ['instances: 1.5', /instances must be a whole number, not '1\.5'/],
      ['memory:', /:3:3: memory has no value\. Give it one, or remove the line\./],
      ['env:', /env has no value/],
      ['env: [A]', /:3:8: env must be written as `key: value`/],
      ['no-route: maybe', /no-route must be true or false, not 'maybe'/],
      ['health-check-type: ping', /health-check-type cannot be 'ping'\. Write one of port, http, process, none\./],
      ['routes: [a.localhost]', /:3:12: a route must be written with its name\. Write `- route: a\.localhost`\./],
      ['routes: [{host: a}]', /a route needs a route\. Add `route: …` there\./],
      ['buildpacks: ruby', /:3:15: buildpacks must be a list/],
      ['docker: {image: a/b}', /:3:3: images of docker are not supported yet\. Remove `docker`/],
      ['processes: [{command: x}]', /:3:15: this has no type\. Add `type: …` to it\./],
      ['processes: [{type: web, memory: 5}]', /:3:35: memory '5' needs a unit/],
      ['sidecars: [{name: x, command: y}]', /this has no process-types/],
      ['metadata: {labels: {a: [1]}}', /metadata\.labels\.a must be a text/],
      ['features: {ssh: perhaps}', /features\.ssh must be true or false/],
      ['services: [{binding_name: x}]', /a service needs a name/],
    ];
    for (const [text, expected] of cases)
      assert.match(
        refusalOf(() => attributesOf(text)),
        expected,
        text,
      );
    assert.match(
      refusalOf(() => appsOf('applications:\n- {name: a}\n- {name: a}')),
      /:3:10: there are two apps named 'a'/,
    );
    assert.match(
      refusalOf(() => appsOf('applications: [a]')),
      /:1:16: Each app must be written as `key: value`/,
    );
    assert.match(
      refusalOf(() => appsOf('x: 1')),
      /:1:1: this manifest has no apps\. List them under/,
    );
  });
});

function annotationsOf(attributes: Readonly<Record<string, unknown>> = {}): Readonly<Record<string, unknown>> {
  const { annotations = {} } = (attributes['metadata'] ?? {}) as { annotations?: Record<string, unknown> };
  return annotations;
}
