import { execFileSync } from 'node:child_process';
import { readdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { provideFallbackPrograms } from '#components/dea/fallback-programs.ts';
import { Runtimes } from '#components/dea/runtimes.ts';
import { shellWord } from '#components/dea/shell-word.ts';
import { scratchDirectory } from '../../support/scratch.ts';
import { describe } from '../../support/spec.ts';

describe('fallback programs', (it) => {
  it('are python, pip and node, for machines that lack these names', async (scope) => {
    const machine = join(await scratchDirectory(scope));
    await writeFile(join(machine, 'python3'), '#!/bin/sh\necho "python $@"\n', { mode: 0o755 });
    const directory = join(await scratchDirectory(scope), 'bin');
    const runtimes = new Runtimes({ path: machine, nodeProgram: process.execPath, programDirectories: [] });

    await provideFallbackPrograms(directory, runtimes);

    const run = (name: string, ...args: string[]) => execFileSync(join(directory, name), args, { encoding: 'utf8' });
    assert.is(run('python', 'a b'), 'python a b\n');
    assert.is(run('pip', 'install', 'x'), 'python -m pip install x\n');
    assert.is(run('node', '-p', '6 * 7'), '42\n');
  });

  it('are made anew at each start, as the machine may have changed', async (scope) => {
    const directory = join(await scratchDirectory(scope), 'bin');
    const runtimes = new Runtimes({ path: '', nodeProgram: process.execPath, programDirectories: [] });
    await provideFallbackPrograms(directory, runtimes);
    await symlink('/gone/python3', join(directory, 'python'));

    await provideFallbackPrograms(directory, runtimes);

    assert.equal(await readdir(directory), ['node']);
  });
});

describe('word of a shell command', (it) => {
  it('reaches a program as it is', () => {
    for (const text of ['/usr/bin/ruby', '/opt/my ruby/bin', "it's", '$HOME `x` "y" \\z', 'a\nb', '*']) {
      assert.is(execFileSync('/bin/sh', ['-c', `printf %s ${shellWord(text)}`], { encoding: 'utf8' }), text);
    }
  });

  it('is left alone where it needs no quotes', () => {
    assert.is(shellWord('/usr/local/bin/ruby-3.2'), '/usr/local/bin/ruby-3.2');
  });
});
