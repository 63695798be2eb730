import { createServer } from 'node:http';
import * as assert from 'uvu/assert';
import { becomesReady } from '#components/dea/check-health.ts';
import type { HealthCheck } from '#components/dea/instance-record.ts';
import { sleep } from '#ground/wait.ts';
import { describe, type Scope } from '../../support/spec.ts';
import { thrownBy } from '../../support/thrown.ts';

async function serve(scope: Scope, status: () => number, port = 0): Promise<number> {
  const server = createServer((_request, response) => response.writeHead(status()).end());
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  scope.defer(() => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  });
  return (server.address() as { port: number }).port; // an object for a server on a port
}

/** A port of 127.0.0.1 outside the range of outgoing connections, where nobody listens. */
const silentPort = 20_000 + (process.pid % 10_000);

function check(
  port: number,
  changes: Partial<HealthCheck> = {},
  more: { signal?: AbortSignal; isOurs?: boolean } = {},
) {
  const settings: HealthCheck = { type: 'port', limitMs: 15_000, endpoint: '/', ...changes };
  return becomesReady({
    port,
    check: settings,
    limitMs: settings.limitMs,
    signal: more.signal ?? new AbortController().signal,
    isOurs: async () => more.isOurs ?? true,
  });
}

describe('health check', (it) => {
  it('passes at once for an app that need not listen', async () => {
    assert.ok(await check(silentPort, { type: 'process' }));
  });

  it('passes when the port accepts connections', async (scope) => {
    const port = await serve(scope, () => 500);
    assert.ok(await check(port));
  });

  it('passes when the app begins to listen meanwhile, and not before', async (scope) => {
    const ready = check(silentPort);
    assert.is(await Promise.race([ready, sleep(50)]), undefined);
    await serve(scope, () => 200, silentPort);

    assert.ok(await ready);
  });

  it('fails when nobody listens in time', async () => {
    assert.not(await check(silentPort, { limitMs: 30 }));
  });

  it('fails when somebody else listens', async (scope) => {
    const port = await serve(scope, () => 200);
    assert.not(await check(port, { limitMs: 100 }, { isOurs: false }));
  });

  it('passes for http when the endpoint answers 200', async (scope) => {
    let status = 503;
    const port = await serve(scope, () => status);
    const ready = check(port, { type: 'http', endpoint: '/health' });

    await sleep(100);
    status = 200;

    assert.ok(await ready);
  });

  it('fails for http when the endpoint answers something else', async (scope) => {
    const port = await serve(scope, () => 404);
    assert.not(await check(port, { type: 'http', endpoint: 'health', limitMs: 150 }));
  });

  it('asks nobody else, whatever the endpoint says', async (scope) => {
    const port = await serve(scope, () => 200);
    assert.ok(await check(port, { type: 'http', endpoint: '//198.51.100.1:9/x' }));
  });

  it('ends when it is not wanted any more', async () => {
    const stop = new AbortController();
    const checking = check(silentPort, {}, { signal: stop.signal });

    stop.abort(new Error('the instance ends'));

    assert.is((await thrownBy(() => checking)).message, 'the instance ends');
  });
});
