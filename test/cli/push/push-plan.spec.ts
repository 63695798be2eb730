import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { nameFor, type PushInput, planPush } from '#cli/push/push-plan.ts';
import { ActionableError } from '#ground/errors.ts';
import { scratchDirectory } from '../../support/scratch.ts';
import { describe, type Scope } from '../../support/spec.ts';

const nothing: PushInput = {
  path: undefined,
  name: undefined,
  memory: undefined,
  disk: undefined,
  instances: undefined,
  command: undefined,
  env: [],
  healthCheckType: undefined,
  timeout: undefined,
  route: true,
  randomRoute: false,
  manifest: undefined,
};

/** A folder called `My Shop` in a scratch directory, with a manifest in it. */
async function shop(scope: Scope, manifest?: string): Promise<string> {
  const folder = join(await scratchDirectory(scope), 'My Shop');
  await mkdir(folder);
  if (manifest !== undefined) await writeFile(join(folder, 'manifest.yml'), manifest);
  return folder;
}

async function refusalOf(input: Partial<PushInput>, folder: string): Promise<string> {
  try {
    await planPush({ ...nothing, ...input }, folder);
    return 'taken';
  } catch (error) {
    if (!(error instanceof ActionableError)) throw error;
    return `${error.code} ${error.message} ${error.remedy}`;
  }
}

describe('push plan', (it) => {
  it('names the app like its folder when nobody says anything', async (scope) => {
    const folder = await shop(scope);

    assert.equal(await planPush(nothing, folder), {
      name: 'my-shop',
      path: folder,
      attributes: { name: 'my-shop', 'default-route': true },
    });
    assert.is((await planPush({ ...nothing, path: 'My Shop' }, join(folder, '..'))).path, folder);
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

    const plan = await planPush(
      { ...nothing, memory: 128, env: ['COLOUR=blue', 'X=a=b', 'NONE='], timeout: 5 },
      folder,
    );

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
      env: { COLOUR: 'blue', SIZE: 3, EMPTY: '', X: 'a=b', NONE: '' },
      routes: [{ route: 'shop.localhost' }],
      'default-route': true,
    });
  });

  it('speaks of the web process where the manifest describes it', async (scope) => {
    const folder = await shop(
      scope,
      'applications:\n- name: shop\n  processes:\n  - { type: web, memory: 64M }\n  - { type: worker, memory: 32M }\n',
    );

    const { attributes } = await planPush({ ...nothing, memory: 128, instances: 3, command: 'null' }, folder);

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
      const { name: _, ...rest } = (await planPush({ ...nothing, ...input }, folder)).attributes;
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

    assert.is((await planPush({ ...nothing, manifest: 'none' }, folder)).name, 'my-shop');
    const named = await planPush({ ...nothing, manifest: 'deploy/test.yml' }, folder);
    assert.is(named.name, 'from-test');
    assert.is(named.path, join(folder, 'dist'));
    const both = await planPush({ ...nothing, manifest: 'deploy/test.yml', path: '.' }, folder);
    assert.is(both.path, folder);
    assert.is('path' in both.attributes, false);
  });

  it('follows the path of the manifest in the folder it was given', async (scope) => {
    const folder = await shop(scope, 'applications:\n- name: shop\n  path: target/shop.jar\n');
    await mkdir(join(folder, 'target'));
    await writeFile(join(folder, 'target/shop.jar'), 'PK\u0003\u0004');

    assert.is((await planPush(nothing, folder)).path, join(folder, 'target/shop.jar'));
    assert.is((await planPush({ ...nothing, path: folder }, '/')).path, join(folder, 'target/shop.jar'));
    assert.is((await planPush({ ...nothing, path: 'target/shop.jar' }, folder)).name, 'shop');
  });

  it('chooses the app that is named, or the first', async (scope) => {
    const folder = await shop(scope, 'applications:\n- name: one\n  memory: 1M\n- name: two\n  memory: 2M\n');
    const single = await shop(scope, 'applications:\n- name: one\n  memory: 1M\n');

    const first = await planPush(nothing, folder);
    assert.is(first.name, 'one');
    assert.is(first.note, 'The manifest has 2 apps; --name chooses another.');
    const second = await planPush({ ...nothing, name: 'two' }, folder);
    assert.is(second.attributes['memory'], '2M');
    assert.is(second.note, undefined);
    assert.match(await refusalOf({ name: 'three' }, folder), /has no app named 'three'\. It has 'one', 'two'/);
    const renamed = await planPush({ ...nothing, name: 'other' }, single);
    assert.is(renamed.attributes['memory'], '1M');
    assert.is(renamed.attributes['name'], 'other');
  });

  it('refuses manifests that are none, naming the file and the place', async (scope) => {
    const cases: [string, RegExp][] = [
      ['applications: [', /manifest\.yml: This is not YAML: .* Correct it, or push with `--manifest none`\.$/],
      ['- name: shop\n', /is not a manifest: .* It lists apps under `applications:`/],
      ['applications: shop\n', /is not a manifest: applications: /],
      ['applications: []\n', /is not a manifest: applications: /],
      ['applications:\n- name: 7\n', /is not a manifest: applications\.0\.name: /],
      ['applications:\n- env: [A]\n', /is not a manifest: applications\.0\.env/],
      ['', /is not a manifest/],
    ];
    for (const [text, expected] of cases) {
      assert.match(await refusalOf({}, await shop(scope, text)), expected, text);
    }
    const folder = await shop(scope);
    assert.match(
      await refusalOf({ manifest: 'missing.yml' }, folder),
      /^BAD_INPUT There is no manifest .*missing\.yml\./,
    );
    assert.match(await refusalOf({ manifest: '.' }, folder), /^BAD_INPUT .* cannot be read: EISDIR\./);
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
