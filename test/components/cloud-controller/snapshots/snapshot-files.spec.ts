import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import type { Snapshot } from '#components/cloud-controller/snapshots/snapshot.ts';
import {
  addSnapshot,
  forgetPlaced,
  newestSnapshot,
  placeSnapshot,
  snapshotsIn,
  snapshotToStartFrom,
} from '#components/cloud-controller/snapshots/snapshot-files.ts';
import { scratchDirectory } from '../../../support/scratch.ts';
import { describe } from '../../../support/spec.ts';

const at = (revision: number): Snapshot => ({
  writtenAt: '2030-01-01T00:00:00.000Z',
  program: '1.2.3',
  store: 'a-store',
  revision,
  events: { revision: 0, count: 0 },
  records: [],
});

describe('the files of snapshots', (it) => {
  it('are the last ten, readable by their owner alone', async (scope) => {
    const dataDir = await scratchDirectory(scope);
    for (let revision = 1; revision <= 13; revision += 1) await addSnapshot(dataDir, at(revision));

    const names = (await readdir(snapshotsIn(dataDir))).sort();
    assert.is(names.length, 10);
    assert.is(names[0], '00000004.state');
    assert.is((await newestSnapshot(dataDir)).newest?.snapshot.revision, 13);
    assert.is((await stat(join(snapshotsIn(dataDir), '00000013.state'))).mode & 0o777, 0o600);
    assert.is((await stat(snapshotsIn(dataDir))).mode & 0o777, 0o700);
  });

  it('are passed over when they are damaged, whatever happened to them', async (scope) => {
    const dataDir = await scratchDirectory(scope);
    const files: string[] = [];
    for (let revision = 1; revision <= 5; revision += 1) files.push(await addSnapshot(dataDir, at(revision)));
    const [, second = '', third = '', fourth = '', fifth = ''] = files;
    await writeFile(fifth, '');
    await writeFile(fourth, (await readFile(fourth, 'utf8')).replace('1.2.3', '1.2.4'));
    await writeFile(third, (await readFile(third, 'utf8')).slice(0, -3));

    const { newest, passedOver } = await newestSnapshot(dataDir);

    assert.is(newest?.file, second);
    assert.equal(
      passedOver.map(({ file, reason }) => [file, reason]),
      [
        [fifth, 'it is empty'],
        [fourth, 'its checksum does not fit'],
        [third, 'it is cut short'],
      ],
    );
  });

  it('may be none, or directories', async (scope) => {
    const dataDir = await scratchDirectory(scope);
    assert.equal(await newestSnapshot(dataDir), { newest: undefined, passedOver: [] });
    await mkdir(join(snapshotsIn(dataDir), '00000001.state'), { recursive: true });

    const { newest, passedOver } = await newestSnapshot(dataDir);

    assert.is(newest, undefined);
    assert.is(passedOver[0]?.reason, 'it is a directory');
    await addSnapshot(dataDir, at(2));
    assert.is((await newestSnapshot(dataDir)).newest?.snapshot.revision, 2);
  });

  it('are not confused with what else lies there', async (scope) => {
    const dataDir = await scratchDirectory(scope);
    await addSnapshot(dataDir, at(1));
    for (const name of ['00000009.state.1-abcdef01.tmp', 'notes.txt', '9.state']) {
      await writeFile(join(snapshotsIn(dataDir), name), 'x');
    }

    assert.equal((await newestSnapshot(dataDir)).passedOver, []);
    assert.is((await newestSnapshot(dataDir)).newest?.snapshot.revision, 1);
  });

  it('give way to a state that was placed, until it was taken', async (scope) => {
    const dataDir = await scratchDirectory(scope);
    await addSnapshot(dataDir, at(1));
    await placeSnapshot(dataDir, at(77));

    assert.is((await snapshotToStartFrom(dataDir))?.revision, 77);
    assert.is((await newestSnapshot(dataDir)).newest?.snapshot.revision, 1);
    await forgetPlaced(dataDir);
    assert.is((await snapshotToStartFrom(dataDir))?.revision, 1);
  });
});
