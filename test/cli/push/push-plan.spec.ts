import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { bare } from '#cli/push/name-here.ts';
import { nameFor, type PushInput } from '#cli/push/push-plan.ts';
import { describe } from '../../support/spec.ts';
import { planPush, plansOf, refusalOf, shop } from './plans.ts';

describe('push plan', (it) => {
  it('names the app like its folder when nobody says anything', async (scope) => {
    const folder = await shop(scope);

    assert.equal(await planPush(bare, folder), {
      name: 'my-shop',
      path: folder,
      attributes: { name: 'my-shop', 'default-route': true },
      prePush: [],
      remarks: [],
    });
    assert.is((await planPush({ ...bare, target: 'My Shop' }, join(folder, '..'))).path, folder);
  });

  it('makes names that can be host names', () => {
    assert.is(nameFor('/x/Hello_World'), 'hello-world');
    assert.is(nameFor('/x/app.v2.jar'), 'app-v2');
    assert.is(nameFor('/x/--a--'), 'a');
    assert.is(nameFor(`/x/${'a'.repeat(62)}-b`), 'a'.repeat(62));
    assert.is(nameFor(`/x/${'a'.repeat(80)}`).length, 63);
    assert.throws(() => nameFor('/'), /No name can be made from/);
    assert.throws(() => nameFor('/x/日本'), /No name can be made from '日本'/);
  });

  it('takes from the manifest what the flags do not say', async (scope) => {
    const folder = await shop(
      scope,
      `applications:
- name: shop
  memory: 64M
  disk_quota: 200M
  instances: 2
  command: node shop.js
  timeout: 20
  health-check-type: http
  stack: host
  env: { COLOUR: red, SIZE: 3, EMPTY: "" }
  routes: [{ route: shop.localhost }]
`,
    );

    const plan = await planPush({ ...bare, memory: 128, env: ['COLOUR=blue', 'X=a=b', 'NONE='], timeout: 5 }, folder);

    assert.is(plan.name, 'shop');
    assert.equal(plan.attributes, {
      name: 'shop',
      memory: '128M',
      'disk-quota': '200M',
      instances: 2,
      command: 'node shop.js',
      timeout: 5,
      'health-check-type': 'http',
      stack: 'host',
      env: { COLOUR: 'blue', SIZE: '3', EMPTY: '', X: 'a=b', NONE: '' },
      routes: [{ route: 'shop.localhost' }],
      'default-route': true,
    });
  });

  it('speaks of the web process where the manifest describes it', async (scope) => {
    const folder = await shop(
      scope,
      'applications:\n- name: shop\n  processes:\n  - { type: web, memory: 64M }\n  - { type: worker, memory: 32M }\n',
    );

    const { attributes } = await planPush({ ...bare, memory: 128, instances: 3, command: 'null' }, folder);

    assert.equal(attributes['processes'], [
      { type: 'web', memory: '128M', instances: 3, command: null },
      { type: 'worker', memory: '32M' },
    ]);
    assert.is(attributes['memory'], undefined);
  });

  it('knows of routes: none, a random one, or one of its own', async (scope) => {
    const listed = await shop(scope, 'applications:\n- name: shop\n  routes: [{ route: a.localhost }]\n');
    const none = await shop(scope, 'applications:\n- name: shop\n  no-route: true\n');
    const random = await shop(scope, 'applications:\n- name: shop\n  random-route: true\n');
    const routing = async (input: Partial<PushInput>, folder: string) => {
      const { name: _, ...rest } = (await planPush({ ...bare, ...input }, folder)).attributes;
      return rest;
    };

    assert.equal(await routing({ route: false }, listed), { 'no-route': true });
    assert.equal(await routing({ randomRoute: true }, listed), {
      routes: [{ route: 'a.localhost' }],
      'random-route': true,
    });
    assert.equal(await routing({}, none), { 'no-route': true });
    assert.equal(await routing({ randomRoute: true }, none), { 'random-route': true });
    assert.equal(await routing({}, random), { 'random-route': true });
    assert.match(await refusalOf({ route: false, randomRoute: true }, listed), /^USAGE --no-route and --random-route/);
  });

  it('reads the manifest that is named, or none', async (scope) => {
    const folder = await shop(scope, 'applications:\n- name: from-habit\n');
    await mkdir(join(folder, 'deploy'));
    await mkdir(join(folder, 'dist'));
    await writeFile(join(folder, 'deploy/test.yml'), 'applications:\n- name: from-test\n  path: ../dist\n');

    assert.is((await planPush({ ...bare, manifest: 'none' }, folder)).name, 'my-shop');
    const named = await planPush({ ...bare, manifest: 'deploy/test.yml' }, folder);
    assert.is(named.name, 'from-test');
    assert.is(named.path, join(folder, 'dist'));
    const both = await planPush({ ...bare, manifest: 'deploy/test.yml', target: '.' }, folder);
    assert.is(both.path, folder);
    assert.is('path' in both.attributes, false);
  });

  it('follows the path of the manifest in the folder it was given', async (scope) => {
    const folder = await shop(scope, 'applications:\n- name: shop\n  path: target/shop.jar\n');
    await mkdir(join(folder, 'target'));
    await writeFile(join(folder, 'target/shop.jar'), 'PK\u0003\u0004');

    assert.is((await planPush(bare, folder)).path, join(folder, 'target/shop.jar'));
    assert.is((await planPush({ ...bare, target: folder }, '/')).path, join(folder, 'target/shop.jar'));
    assert.is((await planPush({ ...bare, target: 'target/shop.jar' }, folder)).name, 'shop');
  });

  it('takes all apps of a manifest, or the one that is named', async (scope) => {
    const folder = await shop(scope, 'applications:\n- name: one\n  memory: 1M\n- name: two\n  memory: 2M\n');
    const single = await shop(scope, 'applications:\n- name: one\n  memory: 1M\n');

    const all = await plansOf(bare, folder);
    assert.equal(
      all.plans.map(({ name, attributes }) => [name, attributes['memory']]),
      [
        ['one', '1M'],
        ['two', '2M'],
      ],
    );
    assert.is((await planPush({ ...bare, name: 'two' }, folder)).attributes['memory'], '2M');
    assert.is((await planPush({ ...bare, target: 'two' }, folder)).attributes['memory'], '2M');
    assert.match(
      await refusalOf({ memory: 5, randomRoute: true }, folder),
      /^USAGE --memory, --random-route cannot be meant for 2 apps at once\. Name the app/,
    );
    assert.match(await refusalOf({ name: 'three' }, folder), /has no app named 'three'\. It has 'one', 'two'/);
    const renamed = await planPush({ ...bare, name: 'other' }, single);
    assert.is(renamed.attributes['memory'], '1M');
    assert.is(renamed.attributes['name'], 'other');
  });

  it('refuses manifests that are none, naming the file and the place', async (scope) => {
    const cases: [string, RegExp][] = [
      ['applications: [', /manifest\.yml:1:16: this is not YAML: flow sequence .* Correct the text there\.$/],
      ['- name: shop\n', /manifest\.yml:1:1: A manifest must be written as `key: value`/],
      ['applications: shop\n', /manifest\.yml:1:15: applications must be a list\./],
      ['applications: []\n', /manifest\.yml:1:15: applications is empty\./],
      ['applications:\n- name: [7]\n', /manifest\.yml:2:9: name must be a text\./],
      ['applications:\n- env: [A]\n', /manifest\.yml:2:8: env must be written as `key: value`/],
      ['', /manifest\.yml:1:1: A manifest must be/],
    ];
    for (const [text, expected] of cases) {
      assert.match(await refusalOf({}, await shop(scope, text)), expected, text);
    }
    const folder = await shop(scope);
    assert.match(
      await refusalOf({ manifest: 'missing.yml' }, folder),
      /^BAD_INPUT There is no manifest .*missing\.yml\./,
    );
    assert.match(await refusalOf({ manifest: '.' }, folder), /^BAD_INPUT .*My Shop cannot be read: EISDIR\./);
  });

  it('refuses variables without a name or a value', async (scope) => {
    const folder = await shop(scope);
    for (const pair of ['NAME', '=value', '']) {
      assert.is(
        await refusalOf({ env: [pair] }, folder),
        `USAGE --env cannot be '${pair}'. Write it as KEY=VALUE; the value may be empty.`,
      );
    }
  });
});
