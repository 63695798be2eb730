import { mkdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { TreeWalk } from '#ground/held-directory.ts';
import { scratchDirectory } from '../support/scratch.ts';
import { describe } from '../support/spec.ts';
import { thrownBy } from '../support/thrown.ts';

describe('a walk through a tree', (it) => {
  it('goes from directory to directory, and tells where there is none', async (scope) => {
    const root = await scratchDirectory(scope);
    mkdirSync(join(root, 'a/b/c'), { recursive: true });
    mkdirSync(join(root, 'a/d'));
    writeFileSync(join(root, 'a/file'), '');
    using walk = new TreeWalk(root);

    for (const path of ['a/b/c', 'a/d', 'a/b', '', 'a/b/c']) {
      const directory = walk.to(path);
      writeFileSync(directory?.at('mark') ?? '', path);
      directory?.chmod(0o750);
    }

    assert.equal([walk.to('a/e'), walk.to('a/file'), walk.to('a/file/x'), walk.to('x/y')], Array(4).fill(undefined));
    for (const path of ['a/b/c', 'a/d', 'a/b', '']) {
      assert.ok((await readdir(join(root, path))).includes('mark'));
      assert.is((await stat(join(root, path))).mode & 0o777, 0o750);
    }
  });

  it('goes through no link', async (scope) => {
    const root = await scratchDirectory(scope);
    mkdirSync(join(root, 'a/b'), { recursive: true });
    symlinkSync('a', join(root, 'link'));
    symlinkSync(root, join(root, 'a/b/up'));
    using walk = new TreeWalk(root);

    assert.equal([walk.to('link'), walk.to('link/b'), walk.to('a/b/up')], [undefined, undefined, undefined]);
    assert.ok(walk.to('a/b'));
    assert.ok(await thrownBy(() => new TreeWalk(join(root, 'link'))));
  });

  it('stays where it is when a link takes the place of a directory', async (scope) => {
    if (process.platform !== 'linux') return; // elsewhere there is no /proc

    const [root, outside] = [await scratchDirectory(scope), await scratchDirectory(scope)];
    mkdirSync(join(root, 'a/b'), { recursive: true });
    using walk = new TreeWalk(root);
    walk.to('a/b');
    renameSync(join(root, 'a'), join(root, 'moved'));
    symlinkSync(outside, join(root, 'a'));

    writeFileSync(walk.to('a/b')?.at('file') ?? '', 'x');
    writeFileSync(walk.to('a')?.at('file') ?? '', 'x');

    assert.equal(await readdir(outside), []);
    assert.equal((await readdir(join(root, 'moved'))).sort(), ['b', 'file']);
    assert.equal(await readdir(join(root, 'moved/b')), ['file']);
  });
});
