import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { signalGroup } from '#ground/child.ts';
import { commandOf, environmentVariableOf, rowOf } from '#ground/processes.ts';
import { waitFor } from '#ground/wait.ts';
import { buildpackStartup, startCommandVariable } from '#workload/lifecycle/launcher/index.ts';
import { command } from '../../../support/localpaas.ts';
import { describe, type Scope } from '../../../support/spec.ts';
import { aDroplet } from './a-droplet.ts';

/** A droplet as a buildpack makes it, started as a DEA does. */
async function start(scope: Scope, stagingInfo: string, env: Record<string, string> = {}) {
  const directory = await aDroplet(scope, stagingInfo);
  for (const { name, text, mode } of buildpackStartup()) await writeFile(join(directory, name), text, { mode });
  const child = spawn(join(directory, 'startup'), {
    cwd: directory,
    env: { PATH: process.env['PATH'] ?? '', HOME: directory, CF_INSTANCE_GUID: 'guid', CF_INSTANCE_INDEX: '2', ...env },
    detached: true,
    stdio: 'ignore',
  });
  const ended = once(child, 'exit').then(([code]) => code as number | null);
  scope.defer(async () => {
    if (child.pid !== undefined) signalGroup(child.pid, 'SIGKILL');
    await ended;
  });
  const read = (name: string) => readFile(join(directory, name), 'utf8').catch(() => '');
  return { directory, ended, read, pid: child.pid ?? 0 };
}

const limit = { limitMs: 15_000 };
const sleeping = JSON.stringify({ start_command: 'sleep 60' });

describe('a droplet of a buildpack', (it) => {
  it('starts what staging_info.yml says, and is that process itself', async (scope) => {
    const { read, directory, pid } = await start(scope, sleeping);
    const app = await waitFor(
      'the app to run',
      async () => {
        const found = Number(await read('run.pid'));
        return commandOf(found) === 'sleep 60' ? found : undefined;
      },
      limit,
    );
    assert.is(rowOf(app)?.parentPid, pid);
    const variables = ['HOME', 'TMPDIR', 'DEPS_DIR', 'INSTANCE_GUID', 'INSTANCE_INDEX'];
    assert.equal(
      variables.map((name) => environmentVariableOf(app, name)),
      [join(directory, 'app'), join(directory, 'tmp'), join(directory, 'deps'), 'guid', '2'],
    );
    assert.match(await read('logs/stdout.log'), /Invoking start command\.\n$/);
  });

  it('starts what the DEA says instead, which the app does not see', async (scope) => {
    const told = `echo "to $PWD \${${startCommandVariable}-unset} $#" && echo 'an "error"' >&2; exit 6`;
    const { ended, read, directory } = await start(scope, sleeping, { [startCommandVariable]: told });
    assert.is(await ended, 6);
    assert.match(await read('logs/stdout.log'), new RegExp(`\nto ${directory}/app unset 0\n$`));
    assert.is(await read('logs/stderr.log'), 'an "error"\n');
  });

  it('is ended by `stop`, with what it started', async (scope) => {
    const { ended, read, directory } = await start(
      scope,
      JSON.stringify({ start_command: 'sleep 61 & echo $! > child; wait' }),
    );
    const child = await waitFor('the child', async () => Number(await read('app/child')) || undefined, limit);
    const app = (await read('run.pid')).trim();
    const stop = spawn(join(directory, 'stop'), [app], { cwd: directory, stdio: 'ignore' });
    await once(stop, 'exit');
    assert.is(await ended, 137);
    await waitFor('the child to end', () => commandOf(child) === '' || undefined, limit);
  });
});

describe('the launcher as a command', (it) => {
  it('passes signals on and exits as the app does', async (scope) => {
    const directory = await aDroplet(scope);
    const [program, ...first] = command();
    const app = `trap 'echo asked; exit 12' TERM; echo "pid $$"; while :; do sleep 0.05; done`;
    const child = spawn(program, [...first, 'launcher', 'app', app, ''], {
      cwd: directory,
      env: { PATH: process.env['PATH'] ?? '' },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    scope.defer(() => void child.kill('SIGKILL'));
    let said = '';
    child.stdout.on('data', (chunk) => {
      said += chunk;
    });
    const ended = once(child, 'exit');
    await waitFor('the app to run', () => said.includes('pid ') || undefined, limit);
    child.kill('SIGTERM');
    assert.equal(await ended, [12, null]);
    assert.match(said, /asked/);
  });
});
