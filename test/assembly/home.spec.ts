import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { homeOf, tidyHome } from '#assembly/home.ts';
import { startChild } from '#ground/child.ts';
import { scratchDirectory } from '../support/scratch.ts';
import { describe } from '../support/spec.ts';

const env = { PATH: process.env['PATH'] ?? '' };

describe('a home that was left in the middle', (it) => {
  it('loses the temporary files of its platform, and those of commands that have ended', async (scope) => {
    const home = homeOf(await scratchDirectory(scope), {});
    const command = scope.use(await startChild({ program: 'sleep', args: ['60'], env }));
    const ended = await startChild({ program: 'true', env });
    await ended.exited;
    const names = {
      'cloud-controller': `admin.json.${command.pid}-01234567.tmp`,
      dea: `instances.json.${process.pid}-01234567.tmp`,
      run: `platform.json.1-01234567.tmp`,
    };
    for (const [directory, name] of Object.entries(names)) {
      await mkdir(join(home.path, directory));
      await writeFile(join(home.path, directory, name), '');
    }
    await mkdir(join(home.path, 'cli'));
    const kept = `login.json.${command.pid}-01234567.tmp`;
    for (const name of [kept, `login.json.${ended.pid}-01234567.tmp`])
      await writeFile(join(home.path, 'cli', name), '');

    await tidyHome(home);

    for (const directory of Object.keys(names)) assert.equal(await readdir(join(home.path, directory)), []);
    assert.equal(await readdir(join(home.path, 'cli')), [kept]);
  });
});
