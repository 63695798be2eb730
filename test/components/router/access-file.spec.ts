import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { waitFor } from '#ground/wait.ts';
import { scratchDirectory } from '../../support/scratch.ts';
import { describe } from '../../support/spec.ts';
import { ask, openRouter, register, serveApp } from './support.ts';

const limits = { limitMs: 15_000 };

async function linesOf(path: string): Promise<Record<string, unknown>[]> {
  const text = await readFile(path, 'utf8').catch(() => ''); // not yet
  const whole = text.split('\n').slice(0, -1); // the last one may not be written as a whole yet
  return whole.map((line) => JSON.parse(line) as Record<string, unknown>);
}

describe('the access file', (it) => {
  it('gets one line of JSON for each request, whoever answered it', async (scope) => {
    const accessFile = join(await scratchDirectory(scope), 'logs', 'access.log');
    const { bus, port } = await openRouter(scope, { accessFile, logEveryMs: 5 });
    const appPort = await serveApp(scope, (_, response) => response.writeHead(201).end('hello'));
    await register(bus, appPort, ['hello.localhost'], { app: 'guid', private_instance_index: '2' });

    await ask(port, 'hello.localhost', {
      path: '/a?b="c"',
      method: 'PUT',
      body: 'up',
      headers: { 'content-length': '2', 'user-agent': 'me "x"\\', 'x-vcap-request-id': 'id-1' },
    });
    await ask(port, 'nobody.localhost');
    const [first, second] = await waitFor(
      'two lines',
      async () => {
        const lines = await linesOf(accessFile);
        return lines.length === 2 ? lines : undefined;
      },
      limits,
    );

    const { time, ms, client, ...rest } = first ?? {};
    assert.equal(rest, {
      app: 'guid',
      index: '2',
      host: 'hello.localhost',
      method: 'PUT',
      target: '/a?b="c"',
      protocol: 'HTTP/1.1',
      status: 201,
      received: 2,
      sent: 5,
      instance: `127.0.0.1:${appPort}`,
      forwarded_for: '127.0.0.1',
      request_id: 'id-1',
      user_agent: 'me "x"\\',
    });
    assert.ok(Math.abs(Date.parse(String(time)) - Date.now()) < 60_000);
    assert.type(ms, 'number');
    assert.match(String(client), /^127\.0\.0\.1:\d+$/);
    assert.is(second?.['status'], 404);
    assert.is(second?.['app'], undefined);
  });

  it('begins anew when it is long, and keeps the one before', async (scope) => {
    const accessFile = join(await scratchDirectory(scope), 'access.log');
    const { port } = await openRouter(scope, { accessFile, accessFileBytes: 500, logEveryMs: 1 });
    const isTurned = async () => {
      await ask(port, 'nobody.localhost');
      return (await linesOf(`${accessFile}.1`)).length > 0 ? true : undefined;
    };

    await waitFor('another file', isTurned, limits);
    await waitFor('lines in it', async () => ((await linesOf(accessFile)).length > 0 ? true : undefined), limits);
  });

  it('that cannot be written is told of in the log, and costs no request', async (scope) => {
    const file = join(await scratchDirectory(scope), 'file');
    await writeFile(file, '');
    const { port, logged } = await openRouter(scope, { accessFile: join(file, 'access.log'), logEveryMs: 1 });

    assert.is((await ask(port, 'nobody.localhost')).status, 404);

    await waitFor('a word', () => logged.find(({ event }) => event === 'access lines lost'), limits);
  });
});
