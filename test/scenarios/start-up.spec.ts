import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { emptyHome, environmentOf, runCommand, startLocalpaas } from '../support/localpaas.ts';
import { scratchDirectory } from '../support/scratch.ts';
import { describe, type Scope } from '../support/spec.ts';

async function takenPort(scope: Scope): Promise<number> {
  const server = createServer();
  const port = await new Promise<number>((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port));
  });
  scope.defer(() => server.close());
  return port;
}

async function up(home: string, ...args: string[]) {
  return runCommand(['up', ...args], await environmentOf(home));
}

describe('up', (it) => {
  it('names the program that holds the port, and the way out', async (scope) => {
    const port = await takenPort(scope);

    const { code, err } = await up(await emptyHome(scope), '--port', String(port), '--bus-port', '0');

    assert.is(code, 4);
    assert.match(err, `port ${port}`);
    assert.match(err, `pid ${process.pid}`);
    assert.match(err, '--port');
  });

  it('names the program that holds the port of the bus', async (scope) => {
    const port = await takenPort(scope);

    const { code, err } = await up(await emptyHome(scope), '--port', '0', '--bus-port', String(port));

    assert.is(code, 4);
    assert.match(err, `pid ${process.pid}`);
    assert.match(err, '--bus-port');
  });

  it('refuses a second platform in the same home', async (scope) => {
    const paas = await startLocalpaas(scope);

    const { code, err } = await up(paas.home, '--port', '0', '--bus-port', '0');

    assert.is(code, 4);
    assert.match(err, `pid ${paas.pid}`);
    assert.match(err, 'localpaas down');
    await paas.ok(['apps']);
  });

  it('says when its home cannot be written', async (scope) => {
    const file = join(await scratchDirectory(scope), 'file');
    await writeFile(file, '');

    const { code, err } = await up(join(file, 'home'), '--port', '0', '--bus-port', '0');

    assert.is(code, 4);
    assert.match(err, '--home');
  });

  it('says when nats-server is not what it was told', async (scope) => {
    const home = await emptyHome(scope);
    const env = { ...(await environmentOf(home)), LOCALPAAS_NATS_SERVER: '/bin/false' };

    const { code, err } = await runCommand(['up'], env);

    assert.is(code, 4);
    assert.match(err, 'LOCALPAAS_NATS_SERVER');
  });
});

describe('settings of up', (it) => {
  it('are refused with what is wrong with them', async (scope) => {
    const home = await emptyHome(scope);

    for (const args of [
      ['--port', '99999'],
      ['--domain', 'No Domain'],
      ['--listen', '203.0.113.1'],
    ]) {
      const { code, err } = await up(home, '--bus-port', '0', ...args);
      assert.ok(code === 2 || code === 4, `${args.join(' ')}: ${code}`);
      assert.not.match(err, 'bug');
    }
  });
});

describe('commands', (it) => {
  it('say that nothing runs', async (scope) => {
    const env = await environmentOf(await emptyHome(scope));

    for (const args of [['apps'], ['status'], ['push', 'sample-apps/hello-node']]) {
      const { code, err } = await runCommand(args, env);
      assert.is(code, 3, args.join(' '));
      assert.match(err, 'localpaas up');
    }
    assert.is((await runCommand(['down'], env)).code, 0);
  });
});
