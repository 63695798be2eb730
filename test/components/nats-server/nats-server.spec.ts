import { createServer } from 'node:net';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { startNatsServer } from '#components/nats-server/index.ts';
import { Bucket } from '#ground/bucket.ts';
import { Bus } from '#ground/bus.ts';
import { signalProcess, startChild } from '#ground/child.ts';
import { ActionableError } from '#ground/errors.ts';
import { silentLog } from '#ground/log.ts';
import { identityOf, isAlive } from '#ground/processes.ts';
import { waitFor } from '#ground/wait.ts';
import { natsServerProgram } from '../../support/programs.ts';
import { scratchDirectory } from '../../support/scratch.ts';
import { describe, type Scope } from '../../support/spec.ts';

const credentials = { user: 'u', password: 'p "quoted" \\ $x' };

async function start(scope: Scope, dataDir: string, port = 0) {
  const program = await natsServerProgram();
  return await startNatsServer(
    { log: silentLog, dataDir, signal: new AbortController().signal },
    { program, host: '127.0.0.1', port, credentials, startLimitMs: 10_000, maxFailedRestarts: 3 },
  ).then((running) => scope.use(running));
}

/** A platform of its own process, which a test can kill. */
async function startInChild(scope: Scope, dataDir: string) {
  const parent = scope.use(
    await startChild({
      program: process.execPath,
      args: ['--import', 'tsx', join(import.meta.dirname, 'parent.ts'), dataDir, await natsServerProgram()],
      env: { PATH: process.env['PATH'] ?? '' },
      stdio: ['ignore', 'pipe', 'inherit'],
    }),
  );
  let printed = '';
  parent.stdout?.on('data', (chunk) => {
    printed += chunk;
  });
  const pid = Number(await waitFor('the pid', () => /^(\d+)\n/.exec(printed)?.[1], { limitMs: 15_000 }));
  const server = await identityOf(pid);
  assert.ok(server);
  return { parentPid: parent.pid, server };
}

describe('nats-server', (it) => {
  it('accepts clients with the credentials only', async (scope) => {
    const server = await start(scope, await scratchDirectory(scope));

    scope.use(await Bus.connect(server.address, 'test', silentLog));
    const stranger = Bus.connect({ url: server.address.url }, 'test', silentLog);

    const refused = await stranger.then(
      () => undefined,
      (error: unknown) => error,
    );
    assert.instance(refused, ActionableError);
  });

  it('comes back on the same port with what was stored, after it was killed', async (scope) => {
    const server = await start(scope, await scratchDirectory(scope));
    const bus = scope.use(await Bus.connect(server.address, 'test', silentLog));
    const bucket = await Bucket.open<string>(bus, 'things');
    await bucket.put('a', 'kept');
    const killed = server.pid();

    signalProcess(killed, 'SIGKILL');

    await waitFor('another server', () => (server.pid() === killed ? undefined : true), { limitMs: 15_000 });
    const later = scope.use(await Bus.connect(server.address, 'test', silentLog));
    const values: unknown[] = [];
    scope.use(await (await Bucket.open<string>(later, 'things')).watch((entry) => values.push(entry.value)));
    assert.equal(values, ['kept']);
  });

  it('ends when its parent is killed with SIGKILL', async (scope) => {
    const { parentPid, server } = await startInChild(scope, await scratchDirectory(scope));

    signalProcess(parentPid, 'SIGKILL');

    await waitFor('its end', async () => ((await isAlive(server)) ? undefined : true), { limitMs: 15_000 });
  });

  it('opens a store only when the server of a killed platform has let go of it', async (scope) => {
    const dataDir = await scratchDirectory(scope);
    const { parentPid, server } = await startInChild(scope, dataDir);

    signalProcess(parentPid, 'SIGKILL');
    await start(scope, dataDir);

    assert.is(await isAlive(server), false);
  });

  it('names the program that holds its port', async (scope) => {
    const holder = createServer();
    const port = await new Promise<number>((resolve) => {
      holder.listen(0, '127.0.0.1', () => resolve((holder.address() as { port: number }).port));
    });
    scope.defer(() => holder.close());

    const error = await start(scope, await scratchDirectory(scope), port).then(
      () => undefined,
      (thrown: unknown) => thrown,
    );

    assert.instance(error, ActionableError);
    assert.is((error as ActionableError).code, 'PORT_TAKEN');
    assert.match((error as ActionableError).message, `(pid ${process.pid})`);
  });
});
