import { spawn } from 'node:child_process';
import { openSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import * as assert from 'uvu/assert';
import { takeInheritedSocket } from '#ground/inherited-socket.ts';
import { describe, type Scope } from '../support/spec.ts';

const script = join(import.meta.dirname, 'take-socket.ts');

async function listenOn(scope: Scope, host: string): Promise<{ port: number; descriptor: number }> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  scope.defer(() => server.close());
  return { port: (server.address() as { port: number }).port, descriptor: descriptorOf(server) };
}

function descriptorOf(server: Server): number {
  return (server as unknown as { _handle: { fd: number } })._handle.fd; // Node has no other name for it
}

/** What a process makes of what it was started with. `SELF` stands for its pid. */
async function take(env: Record<string, string>, descriptor?: number): Promise<Record<string, unknown>> {
  const { PATH = '' } = process.env;
  const setPid = env['LISTEN_PID'] === 'SELF' ? 'LISTEN_PID=$$ exec "$@"' : 'exec "$@"';
  const child = spawn('/bin/sh', ['-c', setPid, 'sh', process.execPath, '--import', 'tsx', script], {
    env: { PATH, ...env },
    stdio: ['ignore', 'pipe', 'inherit', ...(descriptor === undefined ? [] : [descriptor])],
  });
  return JSON.parse(await text(child.stdout as NonNullable<typeof child.stdout>));
}

const handed = { LISTEN_PID: 'SELF', LISTEN_FDS: '1', LISTEN_FDNAMES: 'router' };

describe('a socket that was handed over', (it) => {
  for (const host of ['127.0.0.1', '0.0.0.0', '::1', '::', '127.1.2.3']) {
    it(`is known by where it listens: ${host}`, async (scope) => {
      const { port, descriptor } = await listenOn(scope, host);

      const { socket } = await take(handed, descriptor);

      assert.equal(socket, { descriptor: 3, host, port });
    });
  }

  it('is not passed on to children, neither in their environment nor open', async (scope) => {
    const { descriptor } = await listenOn(scope, '127.0.0.1');

    const { left, isOpenInChild } = await take({ ...handed, LISTEN_PIDFDID: '7', OTHER: 'x' }, descriptor);

    assert.equal(left, []);
    assert.is(isOpenInChild, false);
  });

  it('is left alone, but not passed on, when it was meant for another process', async (scope) => {
    const { descriptor } = await listenOn(scope, '127.0.0.1');

    const { socket, left } = await take({ ...handed, LISTEN_PID: String(process.pid) }, descriptor);

    assert.is(socket, null);
    assert.equal(left, []);
  });

  it('is none without the variables', () => {
    for (const env of [
      {},
      { LISTEN_FDS: '1' },
      { LISTEN_PID: String(process.pid) },
      { LISTEN_PID: String(process.pid), LISTEN_FDS: '0' },
    ]) {
      assert.is(takeInheritedSocket({ ...env }), undefined);
    }
  });

  it('is refused with what is wrong with it', async (scope) => {
    const { descriptor } = await listenOn(scope, '127.0.0.1');
    const unix = createServer();
    await new Promise<void>((resolve) => unix.listen('\0localpaas-test-inherited', resolve));
    scope.defer(() => unix.close());

    for (const [env, given, expected] of [
      [handed, undefined, 'descriptor 3 is no socket'],
      [handed, openSync('/dev/null', 'r'), 'descriptor 3 is no socket'],
      [handed, descriptorOf(unix), 'descriptor 3 is no TCP socket that listens'],
      [{ ...handed, LISTEN_FDS: '2', LISTEN_FDNAMES: 'a:b' }, descriptor, "LISTEN_FDS is '2' (a:b)"],
      [{ ...handed, LISTEN_FDS: 'x' }, descriptor, "LISTEN_FDS is 'x'"],
    ] as const) {
      const { error, remedy } = await take(env, given);
      assert.match(String(error), expected);
      assert.match(String(remedy), 'Hand over');
    }
  });
});
