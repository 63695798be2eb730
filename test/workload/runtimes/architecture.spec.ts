import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { architectureIn, architectureOf } from '#workload/runtimes/architecture.ts';
import { scratchDirectory } from '../../support/scratch.ts';
import { describe } from '../../support/spec.ts';
import { elfHeader } from './fake-programs.ts';

describe('architecture of a program', (it) => {
  it('is what its header says', async () => {
    assert.is(await architectureOf(process.execPath), process.arch);
    assert.is(architectureIn(elfHeader(183)), 'arm64');
    assert.is(architectureIn(elfHeader(40)), 'arm');
    assert.is(architectureIn(elfHeader(22, { isBigEndian: true })), 's390x');
    assert.is(architectureIn(elfHeader(9999)), 'elf-9999');
    assert.is(architectureIn(Buffer.from('cffaedfe0c000001'.padEnd(40, '0'), 'hex')), 'arm64');
  });

  it('is none of a script, of a file that is too short, and of one that is not there', async (scope) => {
    const directory = await scratchDirectory(scope);
    await writeFile(join(directory, 'script'), '#!/bin/sh\necho v20.11.0 and more\n');
    await writeFile(join(directory, 'short'), '\x7fELF');

    for (const name of ['script', 'short', 'nothing']) {
      assert.is(await architectureOf(join(directory, name)), null, name);
    }
  });
});
