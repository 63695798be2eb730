import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { takeOtherCommands } from '#components/dea/take-other-commands.ts';
import { deaFindDroplet, deaStop, type StartRequest } from '#contract/dea.ts';
import { EvacuateApps, KeepAppsRunning } from '#ground/component.ts';
import { waitFor } from '#ground/wait.ts';
import { buildpackStartup } from '#workload/lifecycle/launcher/index.ts';
import { scratchDirectory } from '../../support/scratch.ts';
import { describe, type Scope } from '../../support/spec.ts';
import { thrownBy } from '../../support/thrown.ts';
import {
  archiveOf,
  type Droplet,
  dropletOf,
  exitOf,
  fixtureDroplet,
  linesOf,
  openDea,
  openHome,
  type Peer,
  requestFor,
  start,
  startRunning,
  untilNothingIsLeft,
} from './support.ts';

function taskOf(droplet: Droplet, command: string, changes: Partial<StartRequest> = {}): StartRequest {
  return requestFor(droplet, {
    droplet: 'task-guid',
    application_id: 'app-guid',
    task: 'migrate',
    start_command: command,
    uris: [],
    health_check: { type: 'process' },
    ...changes,
  });
}

const web = 'echo this is the app; exit 9';
const find = (dea: Peer) => dea.bus.askMany(deaFindDroplet, { droplet: 'task-guid' }, { limitMs: 500, expected: 1 });

/** Asked until there is an answer like this. */
async function found(dea: Peer, state: string) {
  const look = async () => (await find(dea)).find((each) => each.state === state);
  return waitFor(`the task to be ${state}`, look, { limitMs: 15_000 });
}

describe('a task', (it) => {
  it('runs its command where the app would run, and tells how that ended', async (scope) => {
    const dea = await openDea(scope);
    const droplet = await dropletOf(scope, web, { 'app/greeting': 'hello from the app' });

    start(dea, taskOf(droplet, 'cat greeting; echo " to $COLOUR"; exit 3', { env: ['COLOUR=green'] }));

    const exit = await exitOf(dea, 'task-guid');
    assert.is(exit.exit_status, 3);
    assert.is(exit.reason, 'STOPPED', 'nobody shall start it again');
    assert.match(exit.exit_description ?? '', /^exited with status 3; its last lines: hello from the app to green/);
    assert.equal(linesOf(dea, 'app-guid', 'APP/TASK/migrate'), ['hello from the app to green']);
    assert.match(
      linesOf(dea, 'app-guid', 'CELL').join('\n'),
      /Starting task migrate\.\nTask migrate exited with status 3/,
    );
  });

  it('of a buildpack is run by its launcher', async (scope) => {
    const dea = await openDea(scope);
    const files = Object.fromEntries(buildpackStartup().map(({ name, text }) => [name, text]));
    const droplet = await archiveOf(scope, {
      ...files,
      'app/greeting': 'hello',
      'app/.profile.d/a.sh': 'export FROM_PROFILE=yes\n',
      'staging_info.yml': JSON.stringify({ detected_buildpack: 'x', start_command: 'echo the app' }),
    });

    start(dea, taskOf(droplet, 'echo "$(cat greeting) $FROM_PROFILE $LOCALPAAS_START_COMMAND"'));

    assert.is((await exitOf(dea, 'task-guid')).exit_status, 0);
    assert.is(linesOf(dea, 'app-guid', 'APP/TASK/migrate').at(-1), 'hello yes ');
  });

  it('is in no heartbeat and no route, and holds memory while it runs', async (scope) => {
    const dea = await openDea(scope, { heartbeatEveryMs: 50, maxMemoryMb: 600 });
    const droplet = await dropletOf(scope, web);
    start(dea, taskOf(droplet, 'echo begun; exec sleep 60', { limits: { mem: 500, disk: 64, fds: 1024 } }));
    await found(dea, 'RUNNING');

    start(dea, taskOf(droplet, 'true', { droplet: 'other-guid' }));

    assert.match((await exitOf(dea, 'other-guid')).exit_description ?? '', /There is no room/);
    const { instance } = await startRunning(
      dea,
      requestFor(await fixtureDroplet(scope, 'echo-env'), { limits: { mem: 64, disk: 64, fds: 1024 } }),
    );
    const told = dea.heartbeats.messages.flatMap(({ droplets }) => droplets.map((each) => each.instance));
    assert.equal([...new Set(told)], [instance]);
    assert.is(
      dea.registered.messages.some(({ app }) => app === 'task-guid'),
      false,
    );
  });

  it('is ended when it is told to stop', async (scope) => {
    const dea = await openDea(scope);
    start(dea, taskOf(await dropletOf(scope, web), 'sleep 60'));
    await found(dea, 'RUNNING');

    dea.bus.publish(deaStop, { droplet: 'task-guid' });

    const exit = await exitOf(dea, 'task-guid');
    assert.is(exit.exit_status, undefined);
    assert.is(exit.exit_description, undefined);
    await untilNothingIsLeft(dea);
  });

  it('that has ended is told of until somebody says that he knows', async (scope) => {
    const dea = await openDea(scope);
    start(dea, taskOf(await dropletOf(scope, web), 'exit 4'));
    await exitOf(dea, 'task-guid');

    assert.is((await found(dea, 'CRASHED')).exit_status, 4);
    dea.bus.publish(deaStop, { droplet: 'task-guid' });

    await untilNothingIsLeft(dea);
  });

  it('works on while the platform is away, and is told of by the next one', async (scope) => {
    const home = await openHome(scope);
    const flag = join(await scratchDirectory(scope), 'go');
    const first = await openDea(scope, {}, home);
    start(first, taskOf(await dropletOf(scope, web), `until [ -e ${flag} ]; do sleep 0.05; done; echo done; exit 5`));
    await found(first, 'RUNNING');
    await first.stop(new KeepAppsRunning());

    const second = await openDea(scope, {}, home);
    assert.is((await found(second, 'RUNNING')).droplet, 'task-guid');
    start(second, taskOf(await dropletOf(scope, web), `touch ${flag}`, { droplet: 'other-guid' }));

    assert.is((await exitOf(second, 'task-guid')).exit_status, 5);
    assert.ok(linesOf(second, 'app-guid', 'APP/TASK/migrate').includes('done'));
  });

  it('says that the platform stopped when that ends it', async (scope) => {
    const dea = await openDea(scope);
    start(dea, taskOf(await dropletOf(scope, web), 'sleep 60'));
    await found(dea, 'RUNNING');

    await dea.stop();

    const exit = await exitOf(dea, 'task-guid');
    assert.is(exit.exit_description, 'was ended because the platform stopped');
    assert.is(exit.exit_status, undefined);
  });

  it('works on while its DEA is evacuated, and is told of once', async (scope) => {
    const dea = await openDea(scope, { evacuationDelayMs: 1_500 });
    const go = join(await scratchDirectory(scope), 'go');
    start(dea, taskOf(await dropletOf(scope, web), `until [ -e ${go} ]; do sleep 0.05; done`));
    start(dea, taskOf(await dropletOf(scope, web), 'sleep 60', { droplet: 'other-guid' }));
    await found(dea, 'RUNNING');

    const stopped = dea.stop(new EvacuateApps());
    await writeFile(go, '');
    await stopped;
    await dea.bus.flush();

    assert.equal(
      dea.exits.messages.map(({ droplet, exit_status, exit_description }) => [
        droplet,
        exit_status ?? exit_description,
      ]),
      [
        ['task-guid', 0],
        ['other-guid', 'was ended because the platform stopped'],
      ],
    );
  });

  it('that takes too much memory is ended and says so', async (scope) => {
    const dea = await openDea(scope, { memoryEveryMs: 50 });
    const eat = 'a=$(head -c 60000000 /dev/zero | tr "\\0" x); while true; do sleep 1; done';

    start(dea, taskOf(await dropletOf(scope, web), eat, { limits: { mem: 24, disk: 64, fds: 64 } }));

    assert.match((await exitOf(dea, 'task-guid')).exit_description ?? '', /exceeded its memory limit of 24M/);
  });
});

describe('a startup that is to run something else', (it) => {
  const changed = async (scope: Scope, script: string) => {
    const directory = await scratchDirectory(scope);
    await writeFile(join(directory, 'startup'), script, { mode: 0o700 });
    await takeOtherCommands(directory);
    return readFile(join(directory, 'startup'), 'utf8');
  };
  const own = '{ set -- "$LOCALPAAS_START_COMMAND"; unset LOCALPAAS_START_COMMAND; exec bash -c "$1"; }';

  it('keeps everything but the line of the app', async (scope) => {
    const script = (app: string) =>
      `#!/bin/bash\nexport A="b"\ncd app\n${app} > ../logs/stdout.log 2> ../logs/stderr.log &\nSTARTED=$!\nwait $STARTED\n`;

    assert.is(await changed(scope, script('ruby app.rb')), script(own));
    assert.is(await changed(scope, script('(ruby app.rb # the app\n)')), script(own));
  });

  it('is refused when nobody can tell which line that is', async (scope) => {
    const error = await thrownBy(() => changed(scope, '#!/bin/bash\nexec ./app\n'));

    assert.match(error.message, /can run nothing but its app/);
  });
});
