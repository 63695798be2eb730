import { spawnSync } from 'node:child_process';
import { readFile, stat, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { openLogFile } from '#assembly/log-file.ts';
import { createLog } from '#ground/log.ts';
import { waitFor } from '#ground/wait.ts';
import { scratchDirectory } from '../support/scratch.ts';
import { describe, type Scope } from '../support/spec.ts';

async function opened(scope: Scope) {
  const path = join(await scratchDirectory(scope), 'platform.log');
  const file = openLogFile(path);
  return { path, file, log: createLog((entry) => file.write(entry)) };
}

const eventsIn = async (path: string): Promise<string[]> =>
  (await readFile(path, 'utf8'))
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line).event);

describe('the log file of the platform', (it) => {
  it('has an error at once, with what came before it', async (scope) => {
    const { path, file, log } = await opened(scope);

    log.info('one');
    log.debug('two');
    log.error('three');

    assert.equal(await eventsIn(path), ['one', 'two', 'three']);
    file[Symbol.dispose]();
  });

  it('has all other lines soon, and when it is closed', async (scope) => {
    const { path, file, log } = await opened(scope);

    log.info('one');
    await waitFor('the line', async () => (await eventsIn(path))[0], { limitMs: 15_000 });
    log.info('two');
    file[Symbol.dispose]();

    assert.equal(await eventsIn(path), ['one', 'two']);
  });

  it('has the last lines of a process that fails, or ends by itself', async (scope) => {
    const { path, file } = await opened(scope);
    file[Symbol.dispose]();
    const dying = (end: string) => `
      import { openLogFile } from '${join(import.meta.dirname, '../../src/assembly/log-file.ts')}';
      openLogFile('${path}').write({ at: new Date(), level: 'info', event: '${end.length}', fields: {} });
      ${end};`;
    const ends = ['throw new Error("a bug")', 'process.exit(3)', ''];

    for (const end of ends) {
      spawnSync(process.execPath, ['--import', 'tsx', '--input-type=module', '--eval', dying(end)], {
        encoding: 'utf8',
      });
    }

    assert.equal(
      await eventsIn(path),
      ends.map(({ length }) => String(length)),
    );
  });

  it('is two files of two megabytes at most', async (scope) => {
    const { path, file, log } = await opened(scope);

    for (let n = 0; n < 110; n += 1) log.warn('long', { n, text: 'x'.repeat(50_000) });
    file[Symbol.dispose]();

    const sizes = await Promise.all([path, `${path}.1`].map(async (each) => (await stat(each)).size));
    assert.ok(
      sizes.every((size) => size > 0 && size < 2.2 * 1024 * 1024),
      String(sizes),
    );
  });

  it('loses lines and nothing else on a full disk', async (scope) => {
    const path = join(await scratchDirectory(scope), 'platform.log');
    await symlink('/dev/full', path);
    const file = openLogFile(path);

    createLog((entry) => file.write(entry)).error('nobody will read this');

    file[Symbol.dispose]();
  });
});
