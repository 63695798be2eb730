import { execFile } from 'node:child_process';
import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import * as assert from 'uvu/assert';
import { needsOf } from '../../../scripts/package/elf.ts';
import { withoutSymbols } from '../../../scripts/package/without-symbols.ts';
import { scratchDirectory } from '../../support/scratch.ts';
import { describe } from '../../support/spec.ts';

const run = promisify(execFile);

describe('without symbols', (it) => {
  it('leaves a Node that runs, with everything that is loaded at its place', async (scope) => {
    const node = await readFile(process.execPath);
    const stripped = withoutSymbols(node);
    const file = join(await scratchDirectory(scope), 'node');
    await writeFile(file, stripped);
    await chmod(file, 0o755);

    const script = 'console.log(process.version, require("zlib").gunzipSync(require("zlib").gzipSync("x")).toString())';
    assert.is((await run(file, ['-e', script])).stdout, `${process.version} x\n`);
    // An official build has 600,000 symbols; one of a distribution may have none.
    const hasSymbols = node.includes('\0_ZN4node5StartEiPPc\0', -30_000_000);
    assert.is(stripped.length < 0.95 * node.length, hasSymbols);
    assert.equal(needsOf(stripped), needsOf(node));
    assert.ok(withoutSymbols(stripped).equals(stripped), 'nothing is left to take away');
  });

  it('refuses what is no 64-bit program', () => {
    assert.throws(
      () => withoutSymbols(Buffer.from('#!/bin/sh\necho no ELF, but long enough to be read\n'.repeat(4))),
      /64-bit ELF/,
    );
  });
});
