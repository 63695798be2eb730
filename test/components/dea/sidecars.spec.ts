import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { deaHeartbeat, deaStop, deaUpdate, type StartRequest } from '#contract/dea.ts';
import { healthManagerStart } from '#contract/health.ts';
import { KeepAppsRunning } from '#ground/component.ts';
import { waitFor } from '#ground/wait.ts';
import { buildpackStartup } from '#workload/lifecycle/launcher/index.ts';
import { describe, type Scope } from '../../support/spec.ts';
import {
  appPidOf,
  archiveOf,
  type Droplet,
  directoryOf,
  dropletOf,
  exitOf,
  fixtureDroplet,
  linesOf,
  listenTo,
  openDea,
  openHome,
  type Peer,
  processesOf,
  requestFor,
  start,
  startRunning,
  untilNothingIsLeft,
} from './support.ts';

const patient = 'echo here; exec sleep 60';

function withSidecars(
  droplet: Droplet,
  commands: Readonly<Record<string, string>>,
  changes: Partial<StartRequest> = {},
) {
  const sidecars = Object.entries(commands).map(([name, command]) => ({ name, command }));
  return requestFor(droplet, { droplet: 'app', sidecars, ...changes });
}

/** A droplet of a buildpack. */
function launched(scope: Scope, command: string): Promise<Droplet> {
  return archiveOf(scope, {
    ...Object.fromEntries(buildpackStartup().map(({ name, text }) => [name, text])),
    'app/greeting': 'hello',
    'profile.d/a.sh': 'export FROM_PROFILE=yes\n',
    'staging_info.yml': JSON.stringify({ detected_buildpack: 'x', start_command: command }),
  });
}

function untilLine(dea: Peer, source: string, line: RegExp): Promise<string> {
  const look = () => linesOf(dea, 'app', source).find((each) => line.test(each));
  return waitFor(`a line of ${source}`, look, { limitMs: 15_000 });
}

/** What a DEA says of its only instance now. */
async function beatOf(scope: Scope, { bus }: Peer) {
  const beats = listenTo(scope, bus, deaHeartbeat);
  await bus.flush();
  bus.publish(healthManagerStart, null);
  return (await beats.first()).droplets[0];
}

describe('a sidecar', (it) => {
  it('runs beside the app, in its directory and with its environment, and has a log of its own', async (scope) => {
    const dea = await openDea(scope);
    const droplet = await launched(scope, 'node -e "setInterval(() => {}, 1000)"');
    const command = 'echo "$(cat greeting) $COLOUR $FROM_PROFILE $PORT $MEMORY_LIMIT"; echo oh >&2; exec sleep 60';
    const sidecars = [{ name: 'cache', command, memory: 16 }];

    const { instance } = await startRunning(
      dea,
      requestFor(droplet, {
        droplet: 'app',
        uris: [],
        health_check: { type: 'process' },
        sidecars,
        env: ['COLOUR=green'],
      }),
    );

    await untilLine(dea, 'APP/PROC/WEB/SIDECAR/CACHE', /^hello green yes {2}16m$/);
    await untilLine(dea, 'APP/PROC/WEB/SIDECAR/CACHE', /^oh$/);
    assert.is((await processesOf(instance)).includes(await appPidOf(dea, { instance })), true);
  });

  it('leaves the app the rest of its memory', async (scope) => {
    const dea = await openDea(scope);
    const droplet = await dropletOf(scope, '(echo $MEMORY_LIMIT; sleep 60)');
    const sidecars = [{ name: 'cache', command: 'sleep 60', memory: 56 }];

    start(dea, requestFor(droplet, { droplet: 'app', uris: [], sidecars }));

    await untilLine(dea, 'APP/PROC/WEB', /^200m$/);
  });

  it('runs beside an app of a framework plugin, with the variables that its startup sets', async (scope) => {
    const dea = await openDea(scope);
    const droplet = await fixtureDroplet(scope, 'echo-env');

    const { port } = await startRunning(
      dea,
      withSidecars(droplet, { look: 'echo $PORT $TMPDIR $(ls); exec sleep 60' }),
    );

    const line = await untilLine(dea, 'APP/PROC/WEB/SIDECAR/LOOK', /app\.js/);
    assert.match(line, new RegExp(`^${port} /.*/tmp app\\.js`));
  });

  it('that ends is the end of the instance', async (scope) => {
    const dea = await openDea(scope);
    const droplet = await dropletOf(scope, 'exec sleep 60');
    const commands = { good: patient, bad: 'echo all is well; sleep 0.3; echo it broke >&2; exit 3' };

    start(dea, withSidecars(droplet, commands, { uris: [] }));

    const exit = await exitOf(dea, 'app');
    assert.is(exit.reason, 'CRASHED');
    assert.is(exit.exit_status, 3);
    assert.is(exit.exit_description, "was ended, for its sidecar 'bad' exited with status 3; its last lines: it broke");
    assert.equal(await processesOf(exit.instance), []);
  });

  it('ends with its app', async (scope) => {
    const dea = await openDea(scope);
    const droplet = await dropletOf(scope, '(sleep 0.3; echo bye; exit 5)');

    start(dea, withSidecars(droplet, { good: patient }, { uris: [] }));

    const exit = await exitOf(dea, 'app');
    assert.is(exit.exit_status, 5);
    assert.is(exit.exit_description, 'exited with status 5; its last lines: bye');
    assert.equal(await processesOf(exit.instance), []);
  });

  it('is asked to end when the app is', async (scope) => {
    const dea = await openDea(scope);
    const droplet = await dropletOf(scope, 'exec sleep 60');
    const polite = "trap 'echo goodbye; exit 0' TERM; echo ready; while :; do sleep 0.05; done";
    start(dea, withSidecars(droplet, { polite }, { uris: [] }));
    await untilLine(dea, 'APP/PROC/WEB/SIDECAR/POLITE', /ready/);

    dea.bus.publish(deaStop, { droplet: 'app' });

    assert.is((await exitOf(dea, 'app')).reason, 'STOPPED');
    await untilLine(dea, 'APP/PROC/WEB/SIDECAR/POLITE', /goodbye/);
    await untilNothingIsLeft(dea);
  });

  it('uses the memory of the instance', async (scope) => {
    const dea = await openDea(scope, { memoryEveryMs: 100 });
    const droplet = await dropletOf(scope, 'exec sleep 60');
    const greedy = `exec node -e 'globalThis.all = Buffer.alloc(200e6, 1); setInterval(() => {}, 1000)'`;

    start(dea, withSidecars(droplet, { greedy }, { uris: [], limits: { mem: 150, disk: 64, fds: 1024 } }));

    assert.match((await exitOf(dea, 'app')).exit_description ?? '', /^exceeded its memory limit of 150M/);
  });

  it('runs the lines of a crontab in the instance', async (scope) => {
    const dea = await openDea(scope);
    const droplet = await dropletOf(scope, 'exec sleep 60', { 'app/greeting': 'hello' });
    const cron = ['@reboot echo "$(cat greeting) $COLOUR"; exit 2', '0 0 1 1 * true'];

    start(dea, requestFor(droplet, { droplet: 'app', uris: [], cron, env: ['COLOUR=green'] }));

    await untilLine(dea, 'APP/PROC/WEB/SIDECAR/CRON', /^hello green$/);
    await untilLine(dea, 'APP/PROC/WEB/SIDECAR/CRON', /^This ended with status 2: echo/);
    assert.is(dea.exits.messages.length, 0);
  });

  it('runs the lines of a crontab only while no other version does', async (scope) => {
    const dea = await openDea(scope);
    const cron = ['@reboot echo begun; echo begun >> begun'];
    const request = requestFor(await dropletOf(scope, 'exec sleep 60'), {
      droplet: 'app',
      version: 'new',
      uris: [],
      cron,
      cron_waits: true,
    });
    const { instance } = await startRunning(dea, request);
    const turn = async () => readFile(join(await directoryOf(dea.dataDir, instance), 'cron_turn'), 'utf8');
    assert.is((await beatOf(scope, dea))?.cron_waits, true);
    assert.is(await turn(), '1000000000000 1000000000000\n');

    dea.bus.publish(deaUpdate, { droplet: 'app', uris: [], version: 'old', cron: { after: 6 } });
    dea.bus.publish(deaUpdate, { droplet: 'app', uris: [], version: 'new', cron: { after: 7 } });
    dea.bus.publish(deaUpdate, { droplet: 'app', uris: [], version: 'new', cron: { after: 8 } });
    await untilLine(dea, 'APP/PROC/WEB/SIDECAR/CRON', /^begun$/);
    assert.is(await turn(), '7 1000000000000\n');
    assert.is((await beatOf(scope, dea))?.cron_waits, undefined);

    dea.bus.publish(deaUpdate, { droplet: 'app', uris: [], version: 'new', cron: { until: 9 } });
    assert.is((await beatOf(scope, dea))?.cron_waits, true);
    assert.is(await turn(), '7 9\n');
    dea.bus.publish(deaUpdate, { droplet: 'app', uris: [], version: 'new', cron: { after: 11 } });
    assert.is((await beatOf(scope, dea))?.cron_waits, undefined, 'it has come back');
    assert.is(await turn(), '11 1000000000000\n');
  });

  it('that is a crontab nobody understands is said', async (scope) => {
    const dea = await openDea(scope);

    start(dea, requestFor(await dropletOf(scope, 'sleep 60'), { droplet: 'app', uris: [], cron: ['often x'] }));

    assert.match((await exitOf(dea, 'app')).exit_description ?? '', /^could not be started: The cron line 'often x'/);
  });

  it('is still one when another DEA takes the instance over', async (scope) => {
    const home = await openHome(scope);
    const first = await openDea(scope, {}, home);
    const droplet = await dropletOf(scope, 'exec sleep 60');
    const request = withSidecars(
      droplet,
      { flag: 'echo begun; while [ ! -e go ]; do sleep 0.05; done; exit 4' },
      { uris: [] },
    );
    await startRunning(first, request);
    await untilLine(first, 'APP/PROC/WEB/SIDECAR/FLAG', /begun/);
    await first.stop(new KeepAppsRunning());

    const second = await openDea(scope, {}, home);
    const { instance } = (await second.heartbeats.first()).droplets[0] ?? { instance: '' };
    await letGo(second, instance);

    assert.match(
      (await exitOf(second, 'app')).exit_description ?? '',
      /^was ended, for its sidecar 'flag' exited with status 4/,
    );
  });
});

async function letGo({ dataDir }: Peer, instance: string): Promise<void> {
  await writeFile(`${await directoryOf(dataDir, instance)}/app/go`, '');
}
