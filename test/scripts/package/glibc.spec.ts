import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { glibcOf } from '../../../scripts/package/glibc.ts';
import { scratchDirectory } from '../../support/scratch.ts';
import { describe } from '../../support/spec.ts';

describe('the glibc a program needs', (it) => {
  it('is the newest it names, as binutils sees it', () => {
    const symbols = execFileSync('objdump', ['-T', process.execPath], { encoding: 'utf8', maxBuffer: 64_000_000 });
    const minors = [...symbols.matchAll(/\(GLIBC_2\.(\d+)[.)]/g)].map(([, minor]) => Number(minor));

    assert.is(glibcOf(readFileSync(process.execPath)), `2.${Math.max(...minors)}`);
  });

  it('is none of a static program', async (scope) => {
    const file = join(await scratchDirectory(scope), 'static');
    const input = 'int main(void) { return 0; }';
    execFileSync('cc', ['-static', '-nostdlib', '-Wl,-emain', '-x', 'c', '-o', file, '-'], { input });

    assert.is(glibcOf(readFileSync(file)), undefined);
  });

  it('compares numbers', () => {
    assert.is(glibcOf(Buffer.from('\0GLIBC_2.9\0GLIBC_2.34\0GLIBC_2.2.5\0GLIBC_PRIVATE\0')), '2.34');
  });
});
