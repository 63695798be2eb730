import { mkdir, readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { scratchDirectory } from '../../support/scratch.ts';
import { describe } from '../../support/spec.ts';
import { runCli } from '../run-cli.ts';

describe('buildpack new', (it) => {
  it('writes a buildpack with nothing to complain about', async (scope) => {
    const workingDirectory = await scratchDirectory(scope);

    const { exitCode, output } = await runCli(['buildpack', 'new', 'greet', '--json'], { workingDirectory });
    const { directory, files } = JSON.parse(output);
    assert.is(exitCode, 0);
    assert.is(directory, join(workingDirectory, 'greet'));
    for (const path of files) assert.ok((await stat(join(directory, path))).isFile(), path);

    const { exitCode: verdict, output: report } = await runCli(['buildpack', 'lint', 'greet'], { workingDirectory });
    assert.is(verdict, 0, report);
    assert.match(report, /^ok +detect: sample-app +It is taken, as 'greet 0\.1\.0'\.$/m);
    assert.match(report, /\ngreet works\.\n$/);
  });

  it('writes all of it, or nothing', async (scope) => {
    const workingDirectory = await scratchDirectory(scope);
    await mkdir(join(workingDirectory, 'mine'));
    await writeFile(join(workingDirectory, 'mine', 'file'), '');
    await mkdir(join(workingDirectory, 'empty'));

    for (const [args, code, why] of [
      [['mine'], 1, 'is there already'],
      [['greet', '--dir', 'mine/file'], 1, 'is there already'],
      [['../greet'], 2, "cannot be called '../greet'"],
      [['Großes Paket'], 2, 'Take small letters'],
    ] as const) {
      const { exitCode, messages } = await runCli(['buildpack', 'new', ...args], { workingDirectory });
      assert.is(exitCode, code, messages);
      assert.match(messages, why);
    }
    assert.equal((await readdir(workingDirectory)).sort(), ['empty', 'mine']);

    assert.is((await runCli(['buildpack', 'new', 'greet', '--dir', 'empty'], { workingDirectory })).exitCode, 0);
    assert.ok((await readdir(join(workingDirectory, 'empty'))).includes('bin'));
  });
});
