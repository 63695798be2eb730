import * as assert from 'uvu/assert';
import {
  type AppEntry,
  annotationNames,
  describedStackato,
  entryOnTop,
  parseStackato,
  questionsOfStackato,
} from '#workload/manifest/index.ts';
import { describe } from '../../support/spec.ts';
import { appsOf, facts, refusalOf, sample } from './manifests.ts';

function described(text: string, name?: string): AppEntry {
  return describedStackato(parseStackato({ file: '/s/stackato.yml', text }), facts, name);
}

function annotationOf({ attributes }: AppEntry, name: string): unknown {
  const { annotations } = attributes['metadata'] as { annotations: Record<string, string | null> };
  const text = annotations[name];
  return typeof text === 'string' ? JSON.parse(text) : text;
}

describe('a stackato.yml', (it) => {
  it('says of an app what a manifest would', () => {
    const entry = described(sample('full.stackato.yml'));
    const { metadata: _, ...attributes } = entry.attributes;

    assert.is(entry.name, 'shop');
    assert.is(entry.path, '/s/src');
    assert.equal(attributes, {
      name: 'shop',
      memory: '128M',
      'disk-quota': '1G',
      instances: 2,
      command: 'node $HOME/server.js',
      stack: 'host',
      timeout: 90,
      services: ['db1', 'cache1'],
      buildpacks: ['generic'],
      processes: [{ type: 'worker', command: 'node worker.js' }],
      routes: [{ route: 'shop.example.test' }, { route: 'shop-2.paas.test' }],
      env: { PLAIN: '08' },
    });
    assert.equal(entry.prePush, ['make', 'make test']);
    assert.equal(entry.ignores, ['*.o', '/tmp']);
  });

  it('has others act on the rest, as annotations, and takes away what it says no more', () => {
    const entry = described(sample('full.stackato.yml'));

    assert.equal(annotationOf(entry, annotationNames.hooks), {
      'pre-staging': ['echo before'],
      'post-staging': ['echo after'],
      'pre-running': ['./migrate'],
      'legacy-running': ['./old'],
    });
    assert.equal(annotationOf(entry, annotationNames.cron), ['* * * * * date']);
    assert.equal(annotationOf(entry, annotationNames.requirements), {
      pip: ['flask'],
      ubuntu: ['libfoo'],
      staging: { ubuntu: ['gcc'] },
    });
    assert.equal(annotationOf(entry, annotationNames.framework), {
      type: 'generic',
      runtime: 'node22',
      'start-file': 'app.js',
      'document-root': 'web',
    });
    assert.equal(annotationOf(entry, annotationNames.environmentScopes), { MODE: 'staging' });
    const { metadata } = described('name: x').attributes as { metadata: { annotations: Record<string, unknown> } };
    assert.equal(new Set(Object.values(metadata.annotations)), new Set([null]));
    assert.equal(Object.keys(metadata.annotations), Object.values(annotationNames));
  });

  it('says what nothing here acts on', () => {
    assert.equal(described(sample('full.stackato.yml')).remarks, [
      "Nothing is installed for requirements (pip flask, ubuntu libfoo, ubuntu gcc): install it on this machine, or name it in the app's own list of packages.",
      'Nothing here acts on min_version, depends-on, drain, autoscale: the app is pushed without.',
    ]);
    assert.equal(described('name: x\nmemroy: 5').remarks, ["/s/stackato.yml:2: 'memroy' is unknown and was left out."]);
  });

  it('asks for variables by forms', () => {
    assert.equal(described(sample('full.stackato.yml')).forms, [
      {
        name: 'HIDDEN',
        default: undefined,
        isHidden: true,
        isRequired: true,
        isInherited: false,
        prompt: 'Password',
        choices: [],
      },
      {
        name: 'MODE',
        default: 'fast',
        isHidden: false,
        isRequired: false,
        isInherited: false,
        prompt: undefined,
        choices: ['fast', 'slow'],
      },
      {
        name: 'LOCAL',
        default: undefined,
        isHidden: false,
        isRequired: false,
        isInherited: true,
        prompt: undefined,
        choices: [],
      },
    ]);
  });

  it('may have no process web, a buildpack by its URL, or none', () => {
    const { metadata: _, ...idle } = described('processes: {web: ~}\ncommand: x').attributes;
    assert.equal(idle, { 'no-route': true, 'health-check-type': 'process' });
    const url = 'https://example.test/bp.git';
    const old = described(`framework: buildpack\nenv: {BUILDPACK_URL: "${url}"}`).attributes;
    assert.equal(old['buildpacks'], [url]);
    assert.equal(described(`buildpack: ${url}`).attributes['buildpacks'], [url]);
    assert.equal(described('buildpack: ~').attributes['buildpacks'], []);
  });

  it('makes routes of hosts below the domain of the platform', () => {
    assert.equal(described('name: x\nsubdomain: www').attributes['routes'], [{ route: 'www.paas.test' }]);
    assert.equal(described('name: x\ndomain: example.test').attributes['routes'], [{ route: 'x.example.test' }]);
  });

  it('counts more than a manifest, whose variables it joins', () => {
    const [below] = appsOf('applications:\n- {name: m, memory: 1M, timeout: 3, env: {A: m, B: m}}');
    if (below === undefined) throw new Error('There is no app.');

    const both = entryOnTop(below, described('name: s\nmem: 2\nenv: {B: s}'));

    assert.is(both.name, 's');
    assert.equal([both.attributes['memory'], both.attributes['timeout']], ['2M', 3]);
    assert.equal(both.attributes['env'], { A: 'm', B: 's' });
  });

  it('takes variables of any name for what they are', () => {
    const [below] = appsOf('applications:\n- {name: m, env: {toString: m, valueOf: m}}');
    if (below === undefined) throw new Error('There is no app.');

    const both = entryOnTop(below, described('env: {constructor: s, valueOf: s}'));

    assert.equal(both.attributes['env'], { toString: 'm', valueOf: 's', constructor: 's' });
  });

  it('replaces words by the keys around them, in keys too', () => {
    const env = (text: string, name?: string) => described(text, name).attributes['env'];

    assert.equal(env(`name: a\ncommand: x\nenv: {X: "\${name}-\${Y}", Y: "\${command}", "Z_\${name}": 1}`), {
      X: 'a-x',
      Y: 'x',
      Z_a: '1',
    });
    assert.equal(env(`env: {name: "in \${name}"}`, 'given'), { name: 'in given' });
    assert.equal(env(`env: {A: "\${target-url} \${space-base} \${random-word}", B: "hi \${ask Your name}"}`), {
      A: 'http://api.paas.test:8080 paas.test otter',
      B: 'hi Ada',
    });
    const asking = parseStackato({ file: 'f', text: `a: \${ask Your name}\nb: [x, "\${ask Your name} \${ask Age}"]` });
    assert.equal(questionsOfStackato(asking), ['Your name', 'Age']);
  });

  it('is refused for what cannot be, with the place and what to do', () => {
    const cases: [string, RegExp][] = [
      [
        `name: \${nme}`,
        /^BAD_INPUT \/s\/stackato\.yml:1:7: \$\{nme\} means nothing: no key around it has that name\. .* For a variable of the shell write \$nme\.$/,
      ],
      [
        `name: \${url}\nurl: x\${command}\ncommand: \${name}`,
        /words need each other: \$\{url\} → \$\{command\} → \$\{name\} → \$\{url\}\./,
      ],
      [`name: x \${name}`, /\$\{name\} means nothing/],
      [`name: \${env}\nenv: {A: 1}`, /:2:6: \$\{env\} is a list or a mapping|:1:7: \$\{env\} is a list or a mapping/],
      [`name: \${ask Age}`, /'Age' is to be asked, and there is no terminal\. Write the answer there/],
      ['mem: much', /:1:6: mem must be a size, not 'much'/],
      ['mem: 1\nmemory: 1', /:2:1: 'mem' and 'memory' are the same/],
      ['hooks: {post-push: x}', /:1:9: there is no hook 'post-push'\. There are pre-push, pre-staging/],
      ['hooks: x', /:1:8: hooks must be written as `key: value`/],
      ['env: {A: {defualt: 1}}', /:1:11: a variable has no 'defualt'\. It may have default, hidden/],
      ['env: {A: {scope: later}}', /env\.A\.scope cannot be 'later'\. Write one of staging, runtime, both/],
      ['docker_image: a/b', /:1:1: images of docker are not supported yet/],
      ['instances: two', /instances must be a whole number/],
      ['name:', /:1:1: name has no value/],
      ['- a', /:1:1: A stackato\.yml must be written as/],
      ['a:\n\tb', /:2:1: the line is indented with a tab/],
    ];
    for (const [text, expected] of cases)
      assert.match(
        refusalOf(() => described(text)),
        expected,
        text,
      );
    const bomb = Array.from({ length: 40 }, (_, n) => `k${n}: "\${k${n + 1}}\${k${n + 1}}"`).join('\n');
    assert.match(
      refusalOf(() => described(`name: \${k0}\n${bomb}\nk40: x`)),
      /adds up to more than 4 MB/,
    );
  });
});
