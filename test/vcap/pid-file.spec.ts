import { spawn } from 'node:child_process';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { takePidFile } from '#vcap/pid-file.ts';
import { scratchDirectory } from '../support/scratch.ts';
import { describe } from '../support/spec.ts';
import { thrownBy } from '../support/thrown.ts';

describe('a pid file', (it) => {
  it('holds our pid as long as we run, in directories that are made', async (scope) => {
    const path = join(await scratchDirectory(scope), 'var', 'run', 'stager.pid');

    await using taken = await takePidFile(path);

    assert.is(readFileSync(path, 'utf8'), `${process.pid}\n`);
    assert.is(statSync(path).mode & 0o777, 0o644);
    await taken[Symbol.asyncDispose]();
    assert.is(existsSync(path), false);
  });

  it('keeps a second one out while the first runs, and no longer', async (scope) => {
    const path = join(await scratchDirectory(scope), 'stager.pid');
    const first = spawn('sleep', ['60'], { stdio: 'ignore' });
    const ended = new Promise((resolve) => first.once('exit', resolve));
    scope.defer(() => void first.kill('SIGKILL'));
    writeFileSync(path, `${first.pid}\n`);

    const error = await thrownBy(() => takePidFile(path));
    assert.match(error.message, `names the pid ${first.pid}`);
    assert.is(readFileSync(path, 'utf8'), `${first.pid}\n`);

    first.kill('SIGKILL');
    await ended;
    await using _ = await takePidFile(path);
    assert.is(readFileSync(path, 'utf8'), `${process.pid}\n`);
  });

  it("is not removed when it became somebody else's", async (scope) => {
    const path = join(await scratchDirectory(scope), 'stager.pid');
    const taken = await takePidFile(path);
    writeFileSync(path, '1\n');

    await taken[Symbol.asyncDispose]();

    assert.is(readFileSync(path, 'utf8'), '1\n');
  });

  it('that holds no pid is taken; one that cannot be written is told', async (scope) => {
    const directory = await scratchDirectory(scope);
    const path = join(directory, 'stager.pid');
    writeFileSync(path, 'no pid');
    await using _ = await takePidFile(path);

    const error = await thrownBy(() => takePidFile(join(path, 'below-a-file.pid')));
    assert.match(error.message, "Can't create pid file");
  });
});
