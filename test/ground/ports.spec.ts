import { createServer as createHttpServer } from 'node:http';
import { createServer, type Server } from 'node:net';
import { networkInterfaces } from 'node:os';
import * as assert from 'uvu/assert';
import { startChild } from '#ground/child.ts';
import { ActionableError, type ErrorCode } from '#ground/errors.ts';
import { appPortRange, holderOf, isFree, type ListenOptions, listen, listensOn } from '#ground/ports.ts';
import { waitFor } from '#ground/wait.ts';
import { describe, type Scope } from '../support/spec.ts';
import { thrownBy } from '../support/thrown.ts';

const anyPort: ListenOptions = { host: '127.0.0.1', port: 0, who: 'The router', flag: '--router-port' };

function newServer(scope: Scope): Server {
  return scope.adopt(createServer(), (server) => server.close());
}

/** The error of a server that cannot listen. */
async function refusal(scope: Scope, options: Partial<ListenOptions>): Promise<ActionableError & { code: ErrorCode }> {
  const error = await thrownBy(() => listen(newServer(scope), { ...anyPort, ...options }));
  assert.instance(error, ActionableError);
  return error as ActionableError;
}

describe('a server that listens', (it) => {
  it('has the port it asked for, or one that the system chose', async (scope) => {
    const first = newServer(scope);

    const port = await listen(first, anyPort);
    assert.ok(port > 0);
    await new Promise((resolve) => first.close(resolve));

    assert.is(await listen(newServer(scope), { ...anyPort, port }), port);
  });

  it('keeps no listener of ours for later errors', async (scope) => {
    const server = scope.adopt(createHttpServer(), (each) => each.close());
    const before = server.listenerCount('error');

    await listen(server, anyPort);

    assert.is(server.listenerCount('error'), before);
  });

  it('is told who holds its port, and which flag chooses another', async (scope) => {
    const port = await listen(newServer(scope), anyPort);

    const error = await refusal(scope, { port });

    assert.is(error.code, 'PORT_TAKEN');
    assert.match(error.message, `The router cannot listen on port ${port}: '`);
    assert.match(error.message, `(pid ${process.pid}) holds it.`);
    assert.is(error.remedy, 'Stop that program, or choose another with `--router-port`.');
  });

  it('is told which address this machine does not have', async (scope) => {
    const error = await refusal(scope, { host: '192.0.2.1' });

    assert.is(error.code, 'START_FAILED');
    assert.is(error.message, 'The router cannot listen on 192.0.2.1: this machine does not have that address.');
  });

  it('is told that the low ports belong to root', async (scope) => {
    if (process.getuid?.() === 0 || process.platform !== 'linux') return;

    const error = await refusal(scope, { port: 1 });

    assert.is(error.code, 'PORT_TAKEN');
    assert.match(error.message, 'ports below 1024 belong to root');
  });

  it('fails with the error of the system where there is nothing to explain', async (scope) => {
    const error = await thrownBy(() => listen(newServer(scope), { ...anyPort, port: 70_000 }));

    assert.not.instance(error, ActionableError);
  });
});

function addressesOfVersion6(): string[] {
  const isThere = Object.values(networkInterfaces()).some((each) => each?.some(({ address }) => address === '::1'));
  return isThere ? ['::1', '::'] : [];
}

describe('the holder of a port', (it) => {
  it('is this process when it listens itself, on any address', async (scope) => {
    if (process.platform !== 'linux') return;

    for (const host of ['127.0.0.1', '0.0.0.0', ...addressesOfVersion6()]) {
      const port = await listen(newServer(scope), { ...anyPort, host });
      assert.is(holderOf(port)?.pid, process.pid, host);
    }
  });

  it('is another process, with its command', async (scope) => {
    if (process.platform !== 'linux') return;
    const program = `require('net').createServer().listen(0, '127.0.0.1', function () { console.log(this.address().port); })`;
    const child = scope.use(
      await startChild({
        program: process.execPath,
        args: ['-e', program],
        env: {},
        stdio: ['ignore', 'pipe', 'inherit'],
      }),
    );
    let printed = '';
    child.stdout?.on('data', (chunk) => {
      printed += chunk;
    });
    const port = Number(await waitFor('its port', () => /^(\d+)\n/.exec(printed)?.[1], { limitMs: 15_000 }));

    assert.equal(holderOf(port), { pid: child.pid, command: `${process.execPath} -e ${program}` });
  });

  it('can be asked for by its pid', async (scope) => {
    if (process.platform !== 'linux') return;

    for (const host of ['127.0.0.1', '0.0.0.0', ...addressesOfVersion6()]) {
      const port = await listen(newServer(scope), { ...anyPort, host });

      assert.is(listensOn(process.pid, port), true, host);
      assert.is(listensOn(process.ppid, port), false, host);
      assert.is(listensOn(process.pid, port - 1), false, host);
    }
    assert.is(listensOn(2 ** 22 + 1, 80), false);
  });

  it('is nobody when nobody listens', async (scope) => {
    const server = newServer(scope);
    const port = await listen(server, anyPort);
    await new Promise((resolve) => server.close(resolve));

    assert.is(holderOf(port), undefined);
  });
});

describe('a port', (it) => {
  it('is free when nobody listens there, on loopback or on all interfaces', async (scope) => {
    for (const host of ['127.0.0.1', '0.0.0.0']) {
      const server = newServer(scope);
      const port = await listen(server, { ...anyPort, host });

      assert.is(await isFree(port), false, host);
      await new Promise((resolve) => server.close(resolve));
      assert.is(await isFree(port), true, host);
    }
  });
});

describe('the ports for apps', (it) => {
  it('lie above those for outgoing connections where there is room', () => {
    assert.equal(appPortRange('32768\t60999\n'), { first: 61_000, last: 65_535 });
    assert.equal(appPortRange('10000 20000'), { first: 20_001, last: 65_535 });
  });

  it('lie below them otherwise', () => {
    assert.equal(appPortRange('40000 65535'), { first: 30_000, last: 39_999 });
    assert.equal(appPortRange('9000 65000'), { first: 1_024, last: 8_999 });
  });

  it('lie inside them when outgoing connections may use nearly every port', () => {
    assert.equal(appPortRange('1024 65535'), { first: 61_000, last: 65_535 });
    assert.equal(appPortRange('1100 65000'), { first: 61_000, last: 65_535 });
  });

  it('are many on this machine, whatever its settings', () => {
    for (const range of [appPortRange(), appPortRange(''), appPortRange('nonsense')]) {
      assert.ok(range.first >= 1_024 && range.last <= 65_535 && range.last - range.first >= 999);
    }
  });
});
