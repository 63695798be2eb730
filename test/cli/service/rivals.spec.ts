import { mkdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { refuseLowPort, refuseRivals, refuseTakenPorts } from '#cli/service/rivals.ts';
import { serviceUnit } from '#cli/service/systemd-units.ts';
import { ActionableError } from '#ground/errors.ts';
import { listen } from '#ground/ports.ts';
import { identityOf } from '#ground/processes.ts';
import { scratchDirectory } from '../../support/scratch.ts';
import { describe, type Scope } from '../../support/spec.ts';
import { thrownBy } from '../../support/thrown.ts';
import { planWith } from './a-plan.ts';

async function refusalOf(work: () => unknown): Promise<ActionableError> {
  const error = await thrownBy(work);
  if (error instanceof ActionableError) return error;
  throw error;
}

/** A home in which this very process seems to be the platform. */
async function homeWithPlatform(scope: Scope, pid = process.pid): Promise<string> {
  const home = await scratchDirectory(scope);
  const { startedAt = '' } = (await identityOf(process.pid)) ?? {};
  const record = {
    pid,
    startedAt,
    url: 'http://127.0.0.1:8080',
    domain: 'localhost',
    version: '1',
    bus: 'nats://x',
    natsServerPid: 1,
  };
  await mkdir(join(home, 'run'));
  await writeFile(join(home, 'run', 'platform.json'), JSON.stringify({ ...record, executable: null }));
  return home;
}

async function takenPort(scope: Scope): Promise<number> {
  const server = createServer();
  scope.defer(() => void server.close());
  return listen(server, { host: '127.0.0.1', port: 0, who: 'A test' });
}

describe('rivals of a service', (it) => {
  it('are refused when somebody started them by hand', async (scope) => {
    const home = await homeWithPlatform(scope);

    const { code, message, remedy } = await refusalOf(() => refuseRivals(planWith({ home })));

    assert.is(code, 'ALREADY_RUNNING');
    assert.is(
      message,
      `A localpaas that is no service runs with the home ${home} already (pid ${process.pid}, http://127.0.0.1:8080).`,
    );
    assert.match(remedy, /`localpaas down --keep-apps --home \S+` leaves its apps running/);
  });

  it('are none when they have ended, or never were', async (scope) => {
    await refuseRivals(planWith({ home: await homeWithPlatform(scope, 2 ** 30) }));
    await refuseRivals(planWith({ home: await scratchDirectory(scope) }));
  });

  it('are refused when they are a service of the user', async (scope) => {
    const home = await scratchDirectory(scope);
    const account = { ...planWith().account, home };
    const units = join(home, '.config', 'systemd', 'user');
    await mkdir(units, { recursive: true });
    await writeFile(join(units, 'localpaas.service'), serviceUnit(planWith({ scope: 'user', account })));

    const { code, message, remedy } = await refusalOf(() => refuseRivals(planWith({ account })));

    assert.is(code, 'ALREADY_RUNNING');
    assert.match(message, /^pi has a localpaas service already: .*\/\.config\/systemd\/user\/localpaas\.service\.$/);
    assert.match(remedy, /`localpaas service uninstall`, as pi/);
  });
});

describe('ports of a service', (it) => {
  it('are refused when another program has them', async (scope) => {
    const port = await takenPort(scope);

    const router = await refusalOf(() => refuseTakenPorts(planWith({ port, busPort: 0 }), () => false));
    const ports = planWith({ port: 61_234, busPort: port });
    const bus = await refusalOf(() => refuseTakenPorts(ports, (each) => each === 61_234));

    assert.is(router.code, 'PORT_TAKEN');
    assert.match(router.message, new RegExp(`^The router of the service cannot listen on port ${port}: `));
    assert.match(router.remedy, /`--port`/);
    assert.match(bus.message, /^The message bus of the service/);
    assert.match(bus.remedy, /`--bus-port`/);
  });

  it('are free when the service has them itself', async (scope) => {
    const port = await takenPort(scope);

    await refuseTakenPorts(planWith({ port, busPort: 0 }), (each) => each === port);
  });

  it('are refused below the first that root leaves to others, with the way out', async () => {
    const { code, message, remedy } = await refusalOf(() => refuseLowPort(planWith({ scope: 'user', port: 80 }), 1024));

    assert.is(code, 'PORT_TAKEN');
    assert.is(message, 'Ports below 1024 belong to root, and a service of pi cannot have port 80.');
    assert.match(remedy, /`sudo localpaas service install --port PORT`/);
    refuseLowPort(planWith({ scope: 'user', port: 80 }), 80);
    refuseLowPort(planWith({ scope: 'system', port: 80 }), 1024);
  });
});
