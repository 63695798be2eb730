import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { bare } from '#cli/push/name-here.ts';
import { describe } from '../../support/spec.ts';
import { planPush, refusalOf, shop } from './plans.ts';

describe('push plan of several files', (it) => {
  it('takes a name where the manifest has it or --path names the folder', async (scope) => {
    const folder = await shop(scope, 'applications:\n- {name: web, path: web, memory: 1M}\n- {name: api, path: api}\n');
    for (const name of ['web', 'api', 'dist']) await mkdir(join(folder, name));

    const named = await planPush({ ...bare, target: 'web' }, folder);
    assert.equal([named.name, named.path, named.attributes['memory']], ['web', join(folder, 'web'), '1M']);
    const elsewhere = await planPush({ ...bare, target: 'web', path: 'dist' }, folder);
    assert.equal([elsewhere.name, elsewhere.path, elsewhere.attributes['memory']], ['web', join(folder, 'dist'), '1M']);
    const plain = await planPush({ ...bare, target: 'new', path: 'dist', manifest: false }, folder);
    assert.equal([plain.name, plain.path], ['new', join(folder, 'dist')]);
    assert.is((await planPush({ ...bare, target: './dist' }, folder)).path, join(folder, 'dist'));
    assert.match(await refusalOf({ path: 'dist' }, folder), /^USAGE --path cannot be meant for 2 apps at once/);
  });

  it('fills in variables from files and flags, and names all that are missing', async (scope) => {
    const folder = await shop(scope, 'applications:\n- {name: shop-((stage)), instances: ((n)), memory: ((m))}\n');
    await writeFile(join(folder, 'a.yml'), 'stage: test\nn: 1\n');
    await writeFile(join(folder, 'b.yml'), 'n: 2\n');
    const varsFile = ['a.yml', 'b.yml'];

    const plan = await planPush({ ...bare, varsFile, var: ['m=64M'] }, folder);

    assert.equal([plan.name, plan.attributes['instances'], plan.attributes['memory']], ['shop-test', 2, '64M']);
    assert.match(
      await refusalOf({ varsFile }, folder),
      /manifest\.yml:2:\d+: Expected to find variables: m\. Give each/,
    );
    assert.match(
      await refusalOf({ varsFile: ['no.yml'] }, folder),
      /^BAD_INPUT There is no file of variables .*no\.yml\./,
    );
    assert.match(await refusalOf({ var: ['m'] }, folder), /^USAGE --var cannot be 'm'\./);
  });

  it('says by flags what stages the app and what it is asked', async (scope) => {
    const { attributes } = await planPush(
      { ...bare, buildpack: ['a', 'https://example.test/b.git'], stack: 'host', endpoint: '/up' },
      await shop(scope, 'applications:\n- {name: x, buildpack: old}\n'),
    );

    assert.equal(attributes, {
      name: 'x',
      buildpacks: ['a', 'https://example.test/b.git'],
      stack: 'host',
      'health-check-type': 'http',
      'health-check-http-endpoint': '/up',
      'default-route': true,
    });
    const detected = await planPush({ ...bare, buildpack: ['default'] }, await shop(scope));
    assert.equal(detected.attributes['buildpacks'], []);
  });

  it('reads the stackato.yml of the folder on top of the manifest, or neither', async (scope) => {
    const folder = await shop(scope, 'applications:\n- {name: m, memory: 1M, timeout: 9}\n');
    await mkdir(join(folder, 'src'));
    const text = `name: s\nmem: 2\napp-dir: src\nurl: \${name}.\${target-base}\nignores: [x]\nhooks: {pre-push: make}\n`;
    await writeFile(join(folder, 'stackato.yml'), text);

    const plan = await planPush(bare, folder);

    assert.equal([plan.name, plan.path], ['s', join(folder, 'src')]);
    assert.equal([plan.attributes['memory'], plan.attributes['timeout']], ['2M', 9]);
    assert.equal(plan.attributes['routes'], [{ route: 's.paas.test' }]);
    assert.equal([plan.prePush, plan.ignores], [['make'], ['x']]);
    assert.is((await planPush({ ...bare, name: 'given' }, folder)).name, 'given');
    assert.equal((await planPush({ ...bare, manifest: false }, folder)).attributes, {
      name: 'my-shop',
      'default-route': true,
    });
    await writeFile(join(folder, 'stackato.yml'), 'mem: much\n');
    assert.match(await refusalOf({}, folder), /^BAD_INPUT .*stackato\.yml:1:6: mem must be a size/);
  });

  it('asks at the terminal what the files ask, each question once', async (scope) => {
    const folder = await shop(scope);
    await writeFile(
      join(folder, 'stackato.yml'),
      `name: x\nenv: {A: "\${ask Age}", B: "\${ask Age}", C: {required: true}}\n`,
    );
    const asked: string[] = [];
    const ask = (question: string) => {
      asked.push(question);
      return Promise.resolve(question === 'Age' ? '42' : 'given');
    };

    const { attributes } = await planPush(bare, folder, { ask });

    assert.equal(attributes['env'], { A: '42', B: '42', C: 'given' });
    assert.equal(asked, ['Age', 'C']);
    assert.match(await refusalOf({}, folder), /stackato\.yml:2:10: 'Age' is to be asked, and there is no terminal/);
  });
});
