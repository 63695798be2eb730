import * as assert from 'uvu/assert';
import { Metrics } from '#components/router/metrics.ts';
import { componentDiscover } from '#contract/discovery.ts';
import type { Bus } from '#ground/bus.ts';
import { call } from '#ground/http-client.ts';
import { waitFor } from '#ground/wait.ts';
import { metricsText } from '#vcap/metrics-text.ts';
import { describe } from '../../support/spec.ts';
import { ask, closedPort, openRouter, publishState, register, serveApp, talk } from './support.ts';

async function figuresOf(
  bus: Bus,
  isAllowed = true,
): Promise<{ status: number; type: string | undefined; text: string }> {
  const { host, credentials } = await bus.ask(componentDiscover, null, { limitMs: 15_000 });
  const authorization = `Basic ${Buffer.from((credentials ?? []).join(':')).toString('base64')}`;
  const answer = await call(`http://${host}/metrics`, { headers: isAllowed ? { authorization } : {} });
  return { status: answer.status, type: answer.headers['content-type'], text: await answer.text() };
}

describe('/metrics of the router', (it) => {
  it('tells requests by app and status, latencies, errors and what there is now', async (scope) => {
    const { bus, port } = await openRouter(scope, { newsMs: 1, probeMs: 0 });
    const appPort = await serveApp(scope, (_, response) => response.writeHead(503).end());
    await register(bus, appPort, ['hello.localhost'], { app: 'guid' });
    await register(bus, await closedPort(), ['down.localhost']);
    await publishState(bus, 'IDLE', { app: 'idle', uris: ['idle.localhost'] });

    await ask(port, 'hello.localhost');
    await ask(port, 'hello.localhost');
    await ask(port, 'down.localhost');
    await ask(port, 'nobody.localhost');
    await talk(scope, port, 'GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n');
    const text = await waitFor(
      'two requests of the app',
      async () => {
        const figures = await figuresOf(bus);
        return figures.text.includes('{app="guid",code="5xx"} 2') ? figures.text : undefined;
      },
      { limitMs: 15_000 },
    );

    assert.match(text, /^# TYPE localpaas_router_requests_total counter$/m);
    assert.match(text, /^localpaas_router_latency_seconds_bucket\{app="guid",le="10"\} 2$/m);
    assert.match(text, /^localpaas_router_latency_seconds_bucket\{app="guid",le="\+Inf"\} 2$/m);
    assert.match(text, /^localpaas_router_latency_seconds_sum\{app="guid"\} 0\.\d+$/m);
    assert.match(text, /^localpaas_router_errors_total\{reason="unreached"\} 1$/m);
    assert.match(text, /^localpaas_router_errors_total\{reason="app unknown"\} 1$/m);
    assert.match(text, /^localpaas_router_errors_total\{reason="not acceptable"\} 1$/m);
    assert.match(text, /^localpaas_router_routes 2$/m);
    assert.match(text, /^localpaas_router_held_requests 0$/m);
    assert.match(text, /^localpaas_router_idle_apps 1$/m);
    for (const line of text.trimEnd().split('\n')) assert.match(line, /^(# (HELP|TYPE) .+|\w+(\{.+\})? [\d.e+-]+)$/);
  });

  it('is for those who know the password', async (scope) => {
    const { bus } = await openRouter(scope);

    const [known, unknown] = [await figuresOf(bus), await figuresOf(bus, false)];

    assert.is(known.status, 200);
    assert.is(known.type, 'text/plain; version=0.0.4; charset=utf-8');
    assert.is(unknown.status, 401);
  });

  it('counts no more than 500 apps apart, and every request', () => {
    const metrics = new Metrics();
    for (let count = 0; count < 600; count += 1) {
      metrics.count({ app: `app-${count}`, tags: undefined, url: '', status: 200, latencyMs: 1 });
    }

    const [requests] = metrics.metrics({});

    assert.is(requests?.samples.length, 501);
    assert.is(
      requests?.samples.reduce((sum, { value }) => sum + value, 0),
      600,
    );
  });

  it('lets no label end its quotes', () => {
    const text = metricsText([
      { name: 'n', help: 'a\nb', type: 'gauge', samples: [{ labels: { app: 'a"b\\c\nd' }, value: 1 }] },
    ]);

    assert.is(text, '# HELP n a b\n# TYPE n gauge\nn{app="a\\"b\\\\c\\nd"} 1\n');
  });
});
