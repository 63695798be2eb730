import { execFileSync } from 'node:child_process';
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { noteExceeded } from '#components/dea/error-log.ts';
import { scratchDirectory } from '../../support/scratch.ts';
import { describe } from '../../support/spec.ts';

const excess = { what: 'memory', limitMb: 64, usedBytes: 65.2 * 1024 * 1024 } as const;

describe('error log of an instance', (it) => {
  it('says what was exceeded, after what stands there', async (scope) => {
    const directory = await scratchDirectory(scope);
    await mkdir(join(directory, 'logs'));
    await writeFile(join(directory, 'logs/err.log'), 'before\n');

    noteExceeded(directory, excess);

    assert.is(
      await readFile(join(directory, 'logs/err.log'), 'utf8'),
      'before\nMemory limit of 64M exceeded.\nActual usage was 66M, process terminated.\n',
    );
  });

  it('writes nowhere else, and waits for nobody', async (scope) => {
    const directory = await scratchDirectory(scope);
    noteExceeded(directory, excess);
    await mkdir(join(directory, 'logs'));
    await writeFile(join(directory, 'victim'), 'mine');
    await symlink('../victim', join(directory, 'logs/err.log'));

    noteExceeded(directory, excess);

    assert.is(await readFile(join(directory, 'victim'), 'utf8'), 'mine');
    await mkdir(join(directory, 'other/logs'), { recursive: true });
    execFileSync('mkfifo', [join(directory, 'other/logs/err.log')]);
    noteExceeded(join(directory, 'other'), excess);
  });
});
