import { symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { ContentHashes } from '#cli/push/content-hashes.ts';
import { type Changes, changesBetween, describeChanges, inWords } from '#cli/watch/changes.ts';
import { listOnce } from '#cli/watch/kept-listing.ts';
import { scratchDirectory } from '../../support/scratch.ts';
import { describe } from '../../support/spec.ts';

const none: Changes = { changed: [], added: [], removed: [], touched: [] };

describe('changes of a folder', (it) => {
  it('are found by content: a file that was saved as it was has not changed', async (scope) => {
    const folder = await scratchDirectory(scope);
    for (const name of ['same', 'touched', 'changed', 'longer', 'gone']) writeFileSync(join(folder, name), name);
    symlinkSync('same', join(folder, 'link'));
    const hashes = new ContentHashes();
    const before = await listOnce(folder, []);
    await hashes.all(
      folder,
      before.filter(({ kind }) => kind === 'file'),
    );

    utimesSync(join(folder, 'touched'), 1, 1);
    writeFileSync(join(folder, 'changed'), 'CHANGED');
    writeFileSync(join(folder, 'longer'), 'longer than before');
    writeFileSync(join(folder, 'new'), '');
    const now = (await listOnce(folder, [])).filter(({ path }) => path !== 'gone');

    assert.equal(await changesBetween(before, now, { folder, hashes }), {
      changed: ['changed', 'longer'],
      added: ['new'],
      removed: ['gone'],
      touched: ['touched'],
    });
  });

  it('are taken for some where the content of before is not known', async (scope) => {
    const folder = await scratchDirectory(scope);
    writeFileSync(join(folder, 'a'), 'a');
    const before = await listOnce(folder, []);
    utimesSync(join(folder, 'a'), 1, 1);
    const now = await listOnce(folder, []);

    const { changed } = await changesBetween(before, now, { folder, hashes: new ContentHashes() });

    assert.equal(changed, ['a']);
  });

  it('are told by name while they are few', () => {
    const table: readonly (readonly [Partial<Changes>, string])[] = [
      [{ changed: ['a'] }, 'a changed'],
      [{ changed: ['a', 'b'] }, 'a and b changed'],
      [{ added: ['a', 'b', 'c'] }, 'a, b and c added'],
      [{ changed: ['a'], added: ['b'], removed: ['c'] }, 'a changed, b added, c removed'],
      [{ changed: ['a'], removed: ['b', 'c', 'd'] }, '4 files changed'],
      [{ added: Array.from({ length: 1_234 }, String) }, '1,234 files changed'],
    ];
    for (const [changes, said] of table) assert.is(describeChanges({ ...none, ...changes }), said);
    assert.is(inWords(['a', 'b', 'c', 'd', 'e']), 'a, b, c and 2 more');
  });
});
