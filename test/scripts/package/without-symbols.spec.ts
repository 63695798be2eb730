import { execFile } from 'node:child_process';
import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import * as assert from 'uvu/assert';
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
    assert.ok(stripped.length <= node.length);
    assert.is(stripped.includes('\0.symtab\0'), node.includes('\0.symtab\0'), 'names of sections stay');
    assert.ok(withoutSymbols(stripped).equals(stripped), 'nothing is left to take away');
  });

  it('takes away symbols and debugging data of a program, and no more', async (scope) => {
    const directory = await scratchDirectory(scope);
    const source = join(directory, 'hello.c');
    await writeFile(
      source,
      '#include <stdio.h>\nstatic int there = 1;\nint main(void) { puts("hello"); return !there; }\n',
    );
    await run('cc', ['-g', '-o', join(directory, 'hello'), source]);
    const whole = await readFile(join(directory, 'hello'));

    const stripped = withoutSymbols(whole);

    await writeFile(join(directory, 'stripped'), stripped, { mode: 0o755 });
    assert.is((await run(join(directory, 'stripped'))).stdout, 'hello\n');
    assert.ok(whole.includes('hello.c') && !stripped.includes('hello.c'), 'the name of the source is debugging data');
    assert.ok(whole.includes('\0there\0') && !stripped.includes('\0there\0'), 'a static variable is a symbol');
    assert.ok(stripped.includes('\0puts\0'), 'what the loader looks up stays');
  });

  it('refuses what is no 64-bit program', () => {
    assert.throws(
      () => withoutSymbols(Buffer.from('#!/bin/sh\necho no ELF, but long enough to be read\n'.repeat(4))),
      /64-bit ELF/,
    );
  });
});
