import { readdir, readFile, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { keepProgram } from '#packaging/keep-program.ts';
import { isIntact, readKeptProgram } from '#packaging/program-records.ts';
import { scratchDirectory } from '../support/scratch.ts';
import { describe } from '../support/spec.ts';
import { saysVersion } from './programs.ts';

const bytes = Buffer.from(saysVersion('2.10.27'));

async function rejectionOf(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => 'nothing was wrong',
    (error: Error) => error.message,
  );
}

describe('keeping a nats-server', (it) => {
  it('leaves the program and a record which agree', async (scope) => {
    const directory = join(await scratchDirectory(scope), 'nats-server');

    const kept = await keepProgram(directory, bytes, 'a test');

    assert.is(kept.version, '2.10.27');
    assert.equal(await readKeptProgram(directory), kept);
    assert.equal(await readFile(join(directory, kept.file)), bytes);
    assert.ok(await isIntact(directory, kept));
    assert.is((await stat(join(directory, kept.file))).mode & 0o777, 0o755);
  });

  it('leaves one whole copy when several do it at once', async (scope) => {
    const directory = join(await scratchDirectory(scope), 'nats-server');

    const all = await Promise.all(Array.from({ length: 4 }, () => keepProgram(directory, bytes, 'a test')));

    const names = (await readdir(directory)).filter((name) => !name.endsWith('.asked'));
    assert.equal(names.sort(), ['kept.json', all[0]?.file]);
    const record = await readKeptProgram(directory);
    assert.ok(record !== undefined && (await isIntact(directory, record)));
  });

  it('replaces a damaged copy', async (scope) => {
    const directory = join(await scratchDirectory(scope), 'nats-server');
    const { file } = await keepProgram(directory, bytes, 'a test');
    await writeFile(join(directory, file), 'damaged');

    await keepProgram(directory, bytes, 'a test');

    assert.equal(await readFile(join(directory, file)), bytes);
  });

  it('leaves nothing of a program that does not run, or is too old', async (scope) => {
    const directory = join(await scratchDirectory(scope), 'nats-server');

    const complaints = [
      await rejectionOf(keepProgram(directory, Buffer.from('#!/bin/sh\necho broken >&2; exit 1\n'), 'a test')),
      await rejectionOf(keepProgram(directory, Buffer.from(saysVersion('2.10.22')), 'a test')),
    ];

    assert.match(complaints[0] ?? '', "answers 'broken'");
    assert.match(complaints[1] ?? '', 'The program from a test is nats-server 2.10.22');
    assert.equal(
      (await readdir(directory)).filter((name) => !name.endsWith('.asked')),
      [],
    );
  });

  it('removes what killed runs left long ago', async (scope) => {
    const directory = join(await scratchDirectory(scope), 'nats-server');
    await keepProgram(directory, bytes, 'a test');
    await writeFile(join(directory, 'nats-server.1.tmp'), 'old');
    await writeFile(join(directory, 'nats-server.2.tmp'), 'of a run that is still at it');
    await utimes(join(directory, 'nats-server.1.tmp'), 1, 1);

    await keepProgram(directory, bytes, 'a test');

    const names = await readdir(directory);
    assert.not.ok(names.includes('nats-server.1.tmp'));
    assert.ok(names.includes('nats-server.2.tmp'));
  });
});
