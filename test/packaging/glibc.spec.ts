import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { requireGlibc } from '#packaging/glibc.ts';
import { scratchDirectory } from '../support/scratch.ts';
import { describe } from '../support/spec.ts';
import { thrownBy } from '../support/thrown.ts';

describe('the C library a program needs', (it) => {
  it('is there when it is the one of this system, or an older one', () => {
    const [, own = ''] =
      /(\d+\.\d+)$/.exec(execFileSync('getconf', ['GNU_LIBC_VERSION'], { encoding: 'utf8' }).trim()) ?? [];

    // Not each version brought symbols, so not each has a name.
    requireGlibc('2.28');
    assert.ok(Number(own.split('.')[1]) >= 28);
  });

  it('is refused when this system has an older one, which is named', async () => {
    const error = String(await thrownBy(() => requireGlibc('9.99')));

    assert.match(error, /needs glibc 9\.99, and this system has 2\.\d+\./);
  });

  it('is not judged where the library is another one, or not to be found', async (scope) => {
    const other = join(await scratchDirectory(scope), 'libc.so');
    writeFileSync(other, 'musl libc');

    requireGlibc('9.99', other);
  });
});
