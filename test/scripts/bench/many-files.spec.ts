import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import * as assert from 'uvu/assert';
import { layManyFiles, manyFiles } from '../../../scripts/bench/many-files.ts';
import { scratchDirectory } from '../../support/scratch.ts';
import { describe } from '../../support/spec.ts';

describe('the files of a large app', (it) => {
  it('are as many and as long as asked for, each another one, and the same each time', async (scope) => {
    const [one, other] = [await scratchDirectory(scope), await scratchDirectory(scope)];
    const size = { count: 60, bytes: manyFiles.bytes };
    await layManyFiles(one, size);
    await layManyFiles(other, size);

    const paths = (await readdir(one, { recursive: true })).filter((path) => path.endsWith('.js'));

    assert.is(paths.length, 60);
    for (const path of paths) {
      assert.is((await stat(join(one, path))).size, manyFiles.bytes);
      assert.equal(await readFile(join(one, path)), await readFile(join(other, path)));
    }
    const contents = await Promise.all(paths.map((path) => readFile(join(one, path), 'utf8')));
    assert.is(new Set(contents).size, 60);
    const share = gzipSync(contents.join('')).length / (60 * manyFiles.bytes);
    assert.ok(share > 0.15 && share < 0.5, `compressed to ${share}`);
  });
});
