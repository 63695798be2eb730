import { mkdir, open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { startChild } from '#ground/child.ts';
import { identityOf, rowOf } from '#ground/processes.ts';
import { freezeAllBelow, killAllBelow } from '../../../scripts/plug/processes.ts';
import { scratchDirectory } from '../../support/scratch.ts';
import { describe, type Scope } from '../../support/spec.ts';

const env = { PATH: process.env['PATH'] ?? '' };

/** Four processes that have to do with a directory, each in its own way, and one that has a similar name. */
async function startSome(scope: Scope) {
  const directory = join(await scratchDirectory(scope), 'home');
  await mkdir(directory);
  await writeFile(join(directory, 'file'), '');
  await mkdir(`${directory}-of-another`);
  await using file = await open(join(directory, 'file'));
  const start = async (options: object) =>
    scope.use(await startChild({ program: 'sleep', args: ['60'], env, ...options }));
  const own = [
    await start({ env: { ...env, HOME: join(directory, 'dea', 'app') } }),
    await start({ program: 'tail', args: ['-f', join(directory, 'file')] }),
    await start({ cwd: directory }),
    await start({ stdio: [file.fd, 'ignore', 'ignore'] }),
  ];
  const other = await start({ env: { ...env, HOME: `${directory}-of-another` }, cwd: `${directory}-of-another` });
  return { directory, own, other };
}

describe('the processes of a home', (it) => {
  it('are all killed, and no others', async (scope) => {
    const { directory, own, other } = await startSome(scope);

    await killAllBelow(directory);

    for (const { exited } of own) assert.is((await exited).signal, 'SIGKILL');
    assert.ok(await identityOf(other.pid));
  });

  it('all stand still, and no others', async (scope) => {
    const { directory, own, other } = await startSome(scope);

    await freezeAllBelow(directory);

    for (const { pid } of own) assert.is(rowOf(pid)?.state, 'T');
    assert.is.not(rowOf(other.pid)?.state, 'T');
    await killAllBelow(directory);
  });
});
