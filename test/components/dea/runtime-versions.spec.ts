import { readFile, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { RuntimeVersions } from '#components/dea/runtime-versions.ts';
import { deaDiscover } from '#contract/dea.ts';
import { scratchDirectory } from '../../support/scratch.ts';
import { describe, type Scope } from '../../support/spec.ts';
import { dropletOf, exitOf, linesOf, openDea, requestFor, start, startRunning } from './support.ts';

/** A runtime of another age, which notes how often it was asked. */
async function fakeRuby(scope: Scope, text = 'ruby 3.1.2p20 (2022-04-12)', status = 0) {
  const directory = await scratchDirectory(scope);
  const program = join(directory, 'ruby');
  const script = [
    `echo "$*" >> ${directory}/asked`,
    `if [ "$1" = -e ]; then echo "result: $2"; exit 0; fi`,
    `if [ "$1" = env ]; then /usr/bin/env; exit 0; fi`,
    `echo '${text}' >&2`,
    `exit ${status}`,
  ];
  await writeFile(program, `#!/bin/sh\n${script.join('\n')}\n`, { mode: 0o755 });
  const asked = async () => (await readFile(join(directory, 'asked'), 'utf8').catch(() => '')).trim().split('\n');
  return { directory, program, asked };
}

const versions = () => new RuntimeVersions({ HOME: '/', PATH: '/usr/bin:/bin' });
const ruby19 = { name: 'ruby19', executable: 'ruby' };

describe('versions of runtimes', (it) => {
  it('fit when what the program prints matches the expression, wherever it prints it', async (scope) => {
    const { program } = await fakeRuby(scope);
    const why = (version_output?: string) =>
      versions().whyUnfit(program, { ...ruby19, ...(version_output ? { version_output } : {}) });

    assert.is(await why('ruby 3\\.1'), undefined);
    assert.is(await why('ruby 1.9.3'), `needs 'ruby 1.9.3', and ${program} is 'ruby 3.1.2p20 (2022-04-12)'`);
    assert.is(await why(), 'needs the runtime ruby19, and does not say which version');
    assert.match((await why('ruby (')) ?? '', "needs 'ruby ('");
    assert.match((await why(`(${'x?'.repeat(200)})`)) ?? '', 'and', 'an endless expression is not tried');
  });

  it('do not fit when the program fails or is not there', async (scope) => {
    const { program } = await fakeRuby(scope, 'broken', 3);

    assert.is(
      await versions().whyUnfit(program, { ...ruby19, version_output: '.' }),
      `needs the runtime ruby19, and ${program} fails: broken`,
    );
    assert.match(
      (await versions().whyUnfit('/not/here', { ...ruby19, version_output: '.' })) ?? '',
      '/not/here fails:',
    );
  });

  it('are asked for with the flag that is named, in an environment of their own, and once', async (scope) => {
    const { program, asked } = await fakeRuby(scope);
    const known = versions();

    for (const _ of [1, 2, 3]) await known.whyUnfit(program, { ...ruby19, version_output: '.' });
    assert.equal(await asked(), ['-v']);
    assert.is(await known.whyUnfit(program, { ...ruby19, version_flag: 'env', version_output: 'HOME=/' }), undefined);
    assert.ok(await known.whyUnfit(program, { ...ruby19, version_flag: 'env', version_output: 'npm_|USER=' }));
    await utimes(program, 5, 5);
    await known.whyUnfit(program, { ...ruby19, version_output: '.' });
    assert.equal(await asked(), ['-v', 'env', '-v'], 'another program of the same name is asked again');
  });

  it('have to pass additional checks', async (scope) => {
    const { program } = await fakeRuby(scope);
    const why = (additional_checks: string) =>
      versions().whyUnfit(program, { ...ruby19, version_output: '.', additional_checks });

    assert.is(await why("-e 'true story'"), undefined);
    assert.match((await why("-e 'puts nothing'")) ?? '', 'does not print true');
  });
});

describe('a dea and the versions of runtimes', (it) => {
  const needing = { ...ruby19, version_output: 'ruby 1.9.3' };
  const question = { droplet: 'DROPLET_ID_1234', runtime_info: needing, limits: { mem: 256 } };

  it('takes apps of another version, and says so in the log of the app, and once in its own', async (scope) => {
    const { directory } = await fakeRuby(scope);
    const dea = await openDea(scope, { path: `${directory}:/usr/bin:/bin`, runtimes: ['ruby19'] });
    const droplet = await dropletOf(scope, 'sleep 60');

    assert.is((await dea.bus.ask(deaDiscover, question, { limitMs: 15_000 })).id, dea.id);
    for (const index of [0, 1]) {
      const request = requestFor(droplet, { droplet: 'app', index, uris: [], runtime_info: needing });
      await startRunning(dea, request);
    }

    const remark = "This app asks for 'ruby 1.9.3' (ruby19) and runs on 'ruby 3.1.2p20 (2022-04-12)' here.";
    await dea.logs.first(() => linesOf(dea, 'app', 'CELL').filter((line) => line === remark).length === 2);
    assert.is(dea.logged.filter(({ event }) => event === 'runtime of another version').length, 1);
  });

  it('takes none of another version when it is strict, neither asked nor told', async (scope) => {
    const { directory } = await fakeRuby(scope);
    const dea = await openDea(scope, { path: `${directory}:/usr/bin:/bin`, strictRuntimes: true });

    assert.equal(await dea.bus.askMany(deaDiscover, question, { limitMs: 500 }), []);
    assert.is(dea.logged.filter(({ event }) => event === 'runtime does not fit').length, 1);
    const fitting = { ...question, runtime_info: { ...needing, version_output: 'ruby 3' } };
    assert.is((await dea.bus.ask(deaDiscover, fitting, { limitMs: 15_000 })).id, dea.id);

    const request = requestFor(await dropletOf(scope, 'sleep 60'), { runtime_info: needing });
    start(dea, request);
    const exit = await exitOf(dea, request.droplet);
    assert.match(exit.exit_description ?? '', "could not be started: The app needs 'ruby 1.9.3', and");
  });
});
