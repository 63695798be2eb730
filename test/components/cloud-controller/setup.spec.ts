import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import * as v from 'valibot';
import { CloudControllerOptions } from '#components/cloud-controller/options.ts';
import { setUp } from '#components/cloud-controller/setup.ts';
import { damageIn } from '#ground/damage.ts';
import { createLog, type LogEntry, silentLog } from '#ground/log.ts';
import { spoil } from '../../support/bus.ts';
import { scratchDirectory } from '../../support/scratch.ts';
import { describe } from '../../support/spec.ts';

const optionsOf = (given: v.InferInput<typeof CloudControllerOptions> = {}) => v.parse(CloudControllerOptions, given);

describe('the setup of a cloud controller', (it) => {
  it('makes everything up once, and finds it again', async (scope) => {
    const directory = await scratchDirectory(scope);

    const first = await setUp(directory, optionsOf(), silentLog);
    const second = await setUp(directory, optionsOf(), silentLog);

    assert.equal(second, first);
    assert.is(first.organization.name, 'localpaas');
    assert.is(first.space.name, 'dev');
    assert.is(first.domain.name, 'localhost');
    assert.is(new Set([first.organization, first.space, first.domain, first.admin].map(({ guid }) => guid)).size, 4);
    assert.ok(first.admin.password.length >= 24);
  });

  it('keeps the key and the password from other users of the machine', async (scope) => {
    const directory = await scratchDirectory(scope);

    await setUp(directory, optionsOf(), silentLog);

    for (const name of ['identity.json', 'admin.json']) {
      assert.is((await stat(join(directory, name))).mode & 0o777, 0o600, name);
    }
  });

  it('never makes the same password or key twice', async (scope) => {
    const one = await setUp(await scratchDirectory(scope), optionsOf(), silentLog);
    const other = await setUp(await scratchDirectory(scope), optionsOf(), silentLog);

    assert.is.not(one.admin.password, other.admin.password);
    assert.is.not(Buffer.from(one.secret).toString('hex'), Buffer.from(other.secret).toString('hex'));
  });

  it('takes a password that is given, and writes it down for the command line', async (scope) => {
    const directory = await scratchDirectory(scope);
    await setUp(directory, optionsOf(), silentLog);

    const { admin } = await setUp(directory, optionsOf({ adminName: 'ada', adminPassword: 'lovelace' }), silentLog);

    assert.is(admin.name, 'ada');
    assert.equal(JSON.parse(await readFile(join(directory, 'admin.json'), 'utf8')), {
      user: 'ada',
      password: 'lovelace',
    });
  });

  it('gives each domain a guid of its own, and back when the domain comes back', async (scope) => {
    const directory = await scratchDirectory(scope);

    const first = await setUp(directory, optionsOf({ domain: 'one.test' }), silentLog);
    const second = await setUp(directory, optionsOf({ domain: 'two.test' }), silentLog);
    const third = await setUp(directory, optionsOf({ domain: 'one.test' }), silentLog);

    assert.is.not(second.domain.guid, first.domain.guid);
    assert.is(third.domain.guid, first.domain.guid);
    assert.is(second.space.guid, first.space.guid);
  });

  it('sets damaged files aside, makes others and says so', async (scope) => {
    for (const [name, text] of [
      ['identity.json', '{"secret": "zz"'],
      ['identity.json', ''],
      ['admin.json', '{"user": "admin", "password": ""}'],
      ['admin.json', 'x'],
    ] as const) {
      const directory = await scratchDirectory(scope);
      const before = await setUp(directory, optionsOf(), silentLog);
      await writeFile(join(directory, name), text);
      const entries: LogEntry[] = [];

      const after = await setUp(
        directory,
        optionsOf(),
        createLog((entry) => entries.push(entry)),
      );

      const isIdentity = name === 'identity.json';
      assert.is(after.space.guid === before.space.guid, !isIdentity);
      assert.is(after.admin.password === before.admin.password, isIdentity);
      const [damage] = entries.map(damageIn);
      assert.match(damage?.found ?? '', join(directory, name));
      assert.is(await readFile(damage?.keptIn ?? '', 'utf8'), text);
      assert.equal(await setUp(directory, optionsOf(), silentLog), after);
    }
  });

  it('notices a flipped bit in what was made up', async (scope) => {
    const directory = await scratchDirectory(scope);
    const { space } = await setUp(directory, optionsOf(), silentLog);
    await spoil(join(directory, 'identity.json'), space.guid);
    const entries: LogEntry[] = [];

    await setUp(
      directory,
      optionsOf(),
      createLog((entry) => entries.push(entry)),
    );

    assert.match(entries.map(damageIn)[0]?.found ?? '', 'its checksum does not fit');
  });
});
