import { appendFile, readFile, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { ActionableError } from '#ground/errors.ts';
import { cacheDirectory } from '#packaging/assets.ts';
import { keepProgram } from '#packaging/keep-program.ts';
import { findNatsServer } from '#packaging/nats-server-program.ts';
import { askVersion, isNewEnough } from '#packaging/nats-server-version.ts';
import { scratchDirectory } from '../support/scratch.ts';
import { describe, type Scope } from '../support/spec.ts';
import { saysVersion, writeProgram } from './programs.ts';

interface Found {
  readonly named?: string;
  readonly searchPath?: string;
  readonly systemDirectories?: string[];
}

async function places(scope: Scope) {
  const directory = await scratchDirectory(scope);
  const cacheDir = join(directory, 'cache');
  const keep = (version: string) =>
    keepProgram(join(cacheDir, 'nats-server'), Buffer.from(saysVersion(version)), 'the test');
  const install = (folder: string, content: string) => writeProgram(join(directory, folder, 'nats-server'), content);
  const find = ({ named, searchPath, systemDirectories = [] }: Found = {}) =>
    findNatsServer({ env: { LOCALPAAS_NATS_SERVER: named, PATH: searchPath }, cacheDir, systemDirectories });
  return { directory, cacheDir, keep, install, find };
}

async function refusalOf(finding: Promise<unknown>): Promise<ActionableError> {
  const refusal = await finding.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (!(refusal instanceof ActionableError)) throw new Error('was not refused', { cause: refusal });
  return refusal;
}

describe('the search for nats-server', (it) => {
  it('finds a real one for these tests', async () => {
    const { path, version } = await findNatsServer({ env: process.env, cacheDir: cacheDirectory() });

    assert.is(await askVersion(path), version);
    assert.ok(isNewEnough(version));
  });

  it('takes the one LOCALPAAS_NATS_SERVER names, before the cache and PATH', async (scope) => {
    const { directory, keep, install, find } = await places(scope);
    await keep('2.10.27');
    const named = await install('mine', saysVersion('2.11.0'));
    await install('bin', saysVersion('2.12.0'));

    const found = await find({ named, searchPath: join(directory, 'bin') });

    assert.equal(found, { path: named, version: '2.11.0', origin: 'named by LOCALPAAS_NATS_SERVER' });
  });

  it('takes the copy in the cache before PATH', async (scope) => {
    const { directory, cacheDir, keep, install, find } = await places(scope);
    const { file } = await keep('2.10.27');
    await install('bin', saysVersion('2.12.0'));

    const found = await find({ searchPath: join(directory, 'bin') });

    assert.equal(found, { path: join(cacheDir, 'nats-server', file), version: '2.10.27', origin: 'the test' });
  });

  it('takes the first on PATH that is new enough, then one of the system directories', async (scope) => {
    const { directory, install, find } = await places(scope);
    await install('old', saysVersion('2.9.10'));
    const good = await install('good', saysVersion('2.10.27'));
    const system = await install('sbin', saysVersion('2.10.29'));
    const systemDirectories = [join(directory, 'sbin')];

    const onPath = await find({
      searchPath: `${directory}/none::${directory}/old:${directory}/good`,
      systemDirectories,
    });
    const inSystem = await find({ searchPath: `${directory}/old`, systemDirectories });

    assert.is(onPath.path, good);
    assert.is(inSystem.path, system);
  });

  it('does not look further when the named one is not there', async (scope) => {
    const { directory, keep, find } = await places(scope);
    await keep('2.10.27');

    const refusal = await refusalOf(find({ named: join(directory, 'nowhere') }));

    assert.is(refusal.code, 'PROGRAM_NOT_FOUND');
    assert.match(refusal.message, `LOCALPAAS_NATS_SERVER names ${directory}/nowhere`);
    assert.match(refusal.remedy, 'unset it');
  });

  it('does not look further when the named one is another program', async (scope) => {
    const { install, keep, find } = await places(scope);
    await keep('2.10.27');

    const refusal = await refusalOf(find({ named: await install('mine', '#!/bin/sh\necho something else\n') }));

    assert.is(refusal.code, 'PROGRAM_NOT_FOUND');
    assert.match(refusal.message, "answers 'something else'");
  });

  it('does not look further when the named one is too old, and says why that matters', async (scope) => {
    const { install, keep, find } = await places(scope);
    await keep('2.10.27');

    const refusal = await refusalOf(find({ named: await install('mine', saysVersion('2.10.22')) }));

    assert.is(refusal.code, 'PROGRAM_TOO_OLD');
    assert.match(refusal.message, /is nats-server 2\.10\.22; localpaas needs 2\.10\.23 or newer, because .* lose/);
  });

  it('says that all it found are too old, and how to get another', async (scope) => {
    const { directory, install, find } = await places(scope);
    await install('bin', saysVersion('2.9.10'));

    const refusal = await refusalOf(find({ searchPath: join(directory, 'bin') }));

    assert.is(refusal.code, 'PROGRAM_TOO_OLD');
    assert.match(refusal.remedy, 'npm run setup');
  });

  it('says that there is none, and how to get one', async (scope) => {
    const { find } = await places(scope);

    const refusal = await refusalOf(find());

    assert.is(refusal.code, 'PROGRAM_NOT_FOUND');
    assert.match(refusal.remedy, 'npm run setup');
  });

  it('passes over a directory of the name and a file that may not be executed', async (scope) => {
    const { directory, install, find } = await places(scope);
    await install('folder/nats-server', saysVersion('2.10.27'));
    await writeFile(join(directory, 'nats-server'), saysVersion('2.10.27'), { mode: 0o644 });

    const refusal = await refusalOf(find({ searchPath: `${directory}/folder:${directory}` }));

    assert.is(refusal.code, 'PROGRAM_NOT_FOUND');
  });

  it('asks a program for its version once, and again when it changed', async (scope) => {
    const { install, find } = await places(scope);
    const named = await install('mine', saysVersion('2.10.27'));

    const versions = [(await find({ named })).version, (await find({ named })).version];
    await install('mine', saysVersion('2.10.290'));
    versions.push((await find({ named })).version);

    assert.equal(versions, ['2.10.27', '2.10.27', '2.10.290']);
    assert.is(await readFile(`${named}.asked`, 'utf8'), 'asked\nasked\n');
  });

  it('does not take a damaged copy in the cache', async (scope) => {
    const { cacheDir, keep, find } = await places(scope);
    const { file } = await keep('2.10.27');
    await appendFile(join(cacheDir, 'nats-server', file), '#');

    const refusal = await refusalOf(find());

    assert.is(refusal.code, 'PROGRAM_NOT_FOUND');
  });

  it('reads a copy whose time changed, and takes it only when its bytes are the same', async (scope) => {
    const { cacheDir, keep, find } = await places(scope);
    const { file } = await keep('2.10.27');
    const path = join(cacheDir, 'nats-server', file);
    await utimes(path, 1, 1);

    const restored = await find();
    await writeFile(path, (await readFile(path, 'utf8')).replace('2.10.27', '2.10.28'));

    assert.is(restored.path, path);
    assert.is((await refusalOf(find())).code, 'PROGRAM_NOT_FOUND');
  });

  it('reads a copy once in each boot of the machine, though its time is the same', async (scope) => {
    const { cacheDir, keep, find } = await places(scope);
    const { file } = await keep('2.10.27');
    const [path, record] = [file, 'kept.json'].map((name) => join(cacheDir, 'nats-server', name)) as [string, string];
    await utimes(path, 1, 1);
    await find();
    await writeFile(path, (await readFile(path, 'utf8')).replace('2.10.27', '2.10.2?'));
    await utimes(path, 1, 1);

    const sameBoot = await find();
    await writeFile(record, (await readFile(record, 'utf8')).replace(/"checkedIn": ".*"/, '"checkedIn": "earlier"'));

    assert.is(sameBoot.path, path);
    assert.is((await refusalOf(find())).code, 'PROGRAM_NOT_FOUND');
  });

  it('finds out again what a damaged record said', async (scope) => {
    const { directory, cacheDir, install, find } = await places(scope);
    const named = await install('mine', saysVersion('2.10.27'));
    await find({ named });
    await writeFile(join(cacheDir, 'nats-server', 'seen.json'), '{"half');
    await writeFile(join(cacheDir, 'nats-server', 'kept.json'), '{"file":"../../../bin/sh"}');

    assert.is((await find({ named })).version, '2.10.27');
    assert.is((await find({ searchPath: join(directory, 'mine') })).path, named);
  });

  it('works where nothing can be recorded', async (scope) => {
    const { cacheDir, install, find } = await places(scope);
    const named = await install('mine', saysVersion('2.10.27'));
    await writeFile(cacheDir, 'a file where the directory should be');

    assert.is((await find({ named })).version, '2.10.27');
  });
});

describe('a version of nats-server', (it) => {
  it('is compared by its numbers', () => {
    const good = ['2.10.23', '2.10.100', '2.11.0', '3.0.0'];
    const bad = ['2.10.22', '2.9.99', '1.99.99'];

    assert.equal(good.filter(isNewEnough), good);
    assert.equal(bad.filter(isNewEnough), []);
  });
});
