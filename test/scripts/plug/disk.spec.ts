import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { control } from '../../../scripts/plug/control.ts';
import type { Disk } from '../../../scripts/plug/disk.ts';
import { openDisk } from '../../../scripts/plug/open-disk.ts';
import { scratchDirectory } from '../../support/scratch.ts';
import { describe } from '../../support/spec.ts';
import { thrownBy } from '../../support/thrown.ts';

const signal = new AbortController().signal;

describe('a disk that is a copy', (it) => {
  it('is what it was at the cut, whatever was written afterwards', async (scope) => {
    const disk = await openDisk(scope, { kind: 'copy', scratch: await scratchDirectory(scope), signal });
    await mkdir(join(disk.path, 'home'));
    await writeFile(join(disk.path, 'home', 'file'), 'before');

    await disk.cut();
    await writeFile(join(disk.path, 'home', 'file'), 'after');
    await disk.restore();

    assert.is(await readFile(join(disk.path, 'home', 'file'), 'utf8'), 'before');
    assert.is(disk.forgets, false);
    assert.is(await control(disk), 'synced and unsynced files were both kept');
  });
});

describe('the control', (it) => {
  it('finds out a disk that forgets nothing, or too much', async (scope) => {
    const copy = await openDisk(scope, { kind: 'copy', scratch: await scratchDirectory(scope), signal });
    const boaster: Disk = { ...copy, forgets: true };
    const other = await openDisk(scope, { kind: 'copy', scratch: await scratchDirectory(scope), signal });
    const loser: Disk = {
      ...other,
      cut: async () => writeFile(join(other.path, 'synced'), ''),
      restore: async () => {},
    };

    assert.match((await thrownBy(() => control(boaster))).message, 'not synced survived the cut');
    assert.match((await thrownBy(() => control(loser))).message, 'synced did not survive the cut');
  });
});
