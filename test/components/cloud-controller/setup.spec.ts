import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import * as v from 'valibot';
import { CloudControllerOptions } from '#components/cloud-controller/options.ts';
import { setUp } from '#components/cloud-controller/setup.ts';
import { ActionableError } from '#ground/errors.ts';
import { scratchDirectory } from '../../support/scratch.ts';
import { describe } from '../../support/spec.ts';
import { thrownBy } from '../../support/thrown.ts';

const optionsOf = (given: v.InferInput<typeof CloudControllerOptions> = {}) => v.parse(CloudControllerOptions, given);

describe('the setup of a cloud controller', (it) => {
  it('makes everything up once, and finds it again', async (scope) => {
    const directory = await scratchDirectory(scope);

    const first = await setUp(directory, optionsOf());
    const second = await setUp(directory, optionsOf());

    assert.equal(second, first);
    assert.is(first.organization.name, 'localpaas');
    assert.is(first.space.name, 'dev');
    assert.is(first.domain.name, 'localhost');
    assert.is(new Set([first.organization, first.space, first.domain, first.admin].map(({ guid }) => guid)).size, 4);
    assert.ok(first.admin.password.length >= 24);
  });

  it('keeps the key and the password from other users of the machine', async (scope) => {
    const directory = await scratchDirectory(scope);

    await setUp(directory, optionsOf());

    for (const name of ['identity.json', 'admin.json']) {
      assert.is((await stat(join(directory, name))).mode & 0o777, 0o600, name);
    }
  });

  it('never makes the same password or key twice', async (scope) => {
    const one = await setUp(await scratchDirectory(scope), optionsOf());
    const other = await setUp(await scratchDirectory(scope), optionsOf());

    assert.is.not(one.admin.password, other.admin.password);
    assert.is.not(Buffer.from(one.secret).toString('hex'), Buffer.from(other.secret).toString('hex'));
  });

  it('takes a password that is given, and writes it down for the command line', async (scope) => {
    const directory = await scratchDirectory(scope);
    await setUp(directory, optionsOf());

    const { admin } = await setUp(directory, optionsOf({ adminName: 'ada', adminPassword: 'lovelace' }));

    assert.is(admin.name, 'ada');
    assert.equal(JSON.parse(await readFile(join(directory, 'admin.json'), 'utf8')), {
      user: 'ada',
      password: 'lovelace',
    });
  });

  it('gives each domain a guid of its own, and back when the domain comes back', async (scope) => {
    const directory = await scratchDirectory(scope);

    const first = await setUp(directory, optionsOf({ domain: 'one.test' }));
    const second = await setUp(directory, optionsOf({ domain: 'two.test' }));
    const third = await setUp(directory, optionsOf({ domain: 'one.test' }));

    assert.is.not(second.domain.guid, first.domain.guid);
    assert.is(third.domain.guid, first.domain.guid);
    assert.is(second.space.guid, first.space.guid);
  });

  it('says which file is damaged, and leaves it alone', async (scope) => {
    const directory = await scratchDirectory(scope);
    const path = join(directory, 'identity.json');
    await writeFile(path, '{"secret": "zz"');

    const error = await thrownBy(() => setUp(directory, optionsOf()));

    assert.instance(error, ActionableError);
    assert.match(error.message, new RegExp(`^The file ${path} is damaged: `));
    assert.is(await readFile(path, 'utf8'), '{"secret": "zz"');
  });
});
