import * as assert from 'uvu/assert';
import { accessLine, type Visit } from '#components/router/access-log.ts';
import { type LogBatch, logBatches } from '#contract/logs.ts';
import type { Bus } from '#ground/bus.ts';
import { waitFor } from '#ground/wait.ts';
import { describe } from '../../support/spec.ts';
import { ask, openRouter, publishState, register, serveApp, Wire } from './support.ts';

const limits = { limitMs: 15_000 };

const visit: Visit = {
  app: 'guid-hello',
  index: '2',
  at: new Date('2026-11-21T11:40:00.123Z'),
  host: 'hello.localhost:8080',
  method: 'POST',
  target: '/a?b="c"',
  httpVersion: '1.1',
  status: 201,
  bytesReceived: 3,
  bytesSent: 12,
  referer: undefined,
  userAgent: 'tester "the\\best"\ttab',
  client: '127.0.0.1:50000',
  endpoint: '127.0.0.1:61001',
  forwardedFor: '1.2.3.4, 127.0.0.1',
  requestId: 'r-1',
  durationMs: 12.3456,
};

async function collect(bus: Bus): Promise<LogBatch[]> {
  const batches: LogBatch[] = [];
  bus.subscribe(logBatches, (batch) => void batches.push(batch));
  await bus.flush();
  return batches;
}

describe('access log', (it) => {
  it('says in one line who asked what of whom, and what came of it', () => {
    assert.is(
      accessLine(visit),
      'hello.localhost:8080 - [2026-11-21T11:40:00.123Z] "POST /a?b=\\"c\\" HTTP/1.1" 201 3 12 "-" ' +
        '"tester \\"the\\\\best\\"?tab" "127.0.0.1:50000" "127.0.0.1:61001" x_forwarded_for:"1.2.3.4, 127.0.0.1" ' +
        'x_forwarded_proto:"http" vcap_request_id:"r-1" response_time:0.012346 app_id:"guid-hello" app_index:"2"',
    );
  });

  it('leaves no room for a line that goes on for ever', () => {
    assert.ok(accessLine({ ...visit, target: `/${'a'.repeat(100_000)}` }).length < 3_000);
  });

  it("puts each request into its app's log, under its instance", async (scope) => {
    const { bus, port } = await openRouter(scope, { logEveryMs: 30 });
    const batches = await collect(bus);
    const appPort = await serveApp(scope, (request, response) =>
      request.resume().on('end', () => response.end('12345')),
    );
    await register(bus, appPort, ['hello.localhost'], { app: 'guid-hello', private_instance_index: '4' });

    await ask(port, 'hello.localhost', { path: '/x?y', method: 'PUT', body: 'abc', headers: { 'user-agent': 'me' } });
    await ask(port, 'hello.localhost');
    const lines = await waitFor(
      'two lines',
      () => {
        const all = batches.flatMap((batch) => batch.lines);
        return all.length < 2 ? undefined : all;
      },
      limits,
    );

    assert.ok(batches.every(({ source_id }) => source_id === 'guid-hello'));
    assert.ok(batches.every(({ source_type, instance_id }) => `${source_type} ${instance_id}` === 'RTR 4'));
    assert.match(
      lines[0]?.text ?? '',
      /^hello\.localhost - \[\S+\] "PUT \/x\?y HTTP\/1.1" 200 3 5 "-" "me" "127\.0\.0\.1:\d+" "127\.0\.0\.1:\d+" /,
    );
    assert.match(lines[1]?.text ?? '', /response_time:0\.\d+ app_id:"guid-hello" app_index:"4"$/);
  });

  it('publishes 100 lines at once, and the rest after a moment', async (scope) => {
    const { bus, port } = await openRouter(scope, { logEveryMs: 5_000 });
    const batches = await collect(bus);
    const appPort = await serveApp(scope, (_, response) => response.end('ok'));
    await register(bus, appPort, ['hello.localhost'], { app: 'guid-hello' });
    const wire = await Wire.to(scope, port);

    for (let count = 0; count < 120; count += 1) wire.head('GET / HTTP/1.1', 'Host: hello.localhost');
    await waitFor('two batches', () => batches.length === 2 || undefined, limits);

    assert.equal(
      batches.map(({ lines }) => lines.length),
      [100, 20],
    );
  });

  it('knows of requests that no instance answered, and of clients that left', async (scope) => {
    const { bus, port } = await openRouter(scope, { logEveryMs: 5 });
    const batches = await collect(bus);
    let isAsked = false;
    const appPort = await serveApp(scope, () => {
      isAsked = true;
    });
    await publishState(bus, 'CRASHED', { app: 'guid-crashed', uris: ['crashed.localhost'] });
    await register(bus, appPort, ['hello.localhost'], { app: 'guid-hello' });

    await ask(port, 'crashed.localhost');
    const wire = (await Wire.to(scope, port)).head('GET /slow HTTP/1.1', 'Host: hello.localhost');
    await waitFor('the app to be asked', () => isAsked || undefined, limits);
    wire.socket.destroy();
    await waitFor('two batches', () => batches.length === 2 || undefined, limits);

    assert.match(
      batches[0]?.lines[0]?.text ?? '',
      /HTTP\/1.1" 502 0 [1-9]\d+ .* "-" x_forwarded_for.*app_id:"guid-crashed"/,
    );
    assert.match(batches[1]?.lines[0]?.text ?? '', /"GET \/slow HTTP\/1.1" 499 /);
  });

  it('keeps silent about the platform itself, unknown hosts, and apps whose id is no part of a subject', async (scope) => {
    const { bus, port } = await openRouter(scope, { logEveryMs: 5 });
    const batches = await collect(bus);
    const appPort = await serveApp(scope, (_, response) => response.end('ok'));
    await register(bus, appPort, ['api.localhost']);
    await register(bus, appPort, ['foreign.localhost'], { app: 'an.app' });
    await register(bus, appPort, ['hello.localhost'], { app: 'guid-hello' });

    for (const name of ['api', 'foreign', 'nobody', 'hello']) await ask(port, `${name}.localhost`);
    await waitFor('a batch', () => batches.length > 0 || undefined, limits);

    assert.equal(
      batches.map(({ source_id }) => source_id),
      ['guid-hello'],
    );
  });
});
