import * as assert from 'uvu/assert';
import { appUse } from '#contract/apps.ts';
import { logBatches, recentLogs } from '#contract/logs.ts';
import { AsyncDisposableStack } from '#ground/async-disposable-stack.ts';
import { describe, type Scope } from '../../../support/spec.ts';
import { ask, openRouter, publishState, register, Wire } from '../support.ts';
import { app, host, open, partsOf, watched } from './support.ts';

/** What comes on an event stream, as text. */
async function listen(scope: Scope, port: number, version: string, more = ''): Promise<Wire> {
  const wire = await Wire.to(scope, port);
  wire.write(
    `GET /.localpaas/live-reload?version=${version} HTTP/1.1\r\nHost: ${host}\r\nAccept: text/event-stream\r\n${more}\r\n`,
  );
  await wire.until(/retry: 500\n\n/);
  return wire;
}

const eventsIn = ({ received }: Wire) =>
  [...received.matchAll(/(?:id: (.*)\n)?event: (.*)\ndata: (.*)\n\n/g)].map(([, id = '', event, data = '']) => ({
    event: `${event} ${id}`.trim(),
    data: JSON.parse(data) as Record<string, unknown>,
  }));
const namesIn = (wire: Wire) => eventsIn(wire).map(({ event }) => event);
const quiet = () => new Promise((resolve) => setTimeout(resolve, 250));

describe('the events of an app that somebody works on', (it) => {
  it('tell each page when another version serves, also one that was away', async (scope) => {
    const router = await open(scope, 1);
    const fresh = await listen(scope, router.port, 'v-1');
    const stale = await listen(scope, router.port, 'v-0');
    const told = await listen(scope, router.port, 'v-0', 'Last-Event-ID: v-1\r\n');
    const unknown = await listen(scope, router.port, '');
    const none = await listen(scope, router.port, 'none');
    for (const wire of [fresh, told, unknown]) await wire.until(/event: ok\n/);
    for (const wire of [stale, none]) await wire.until(/event: reload\n/);

    await publishState(router.bus, 'STARTING', { live_reload: true });
    await publishState(router.bus, 'RUNNING', { ...watched, version: 'v-1' });
    await publishState(router.bus, 'RUNNING', { ...watched, version: 'v-2' });
    await fresh.until(/event: reload/);
    await quiet();

    assert.equal(namesIn(fresh), ['ok v-1', 'ok v-1', 'reload v-2']);
    assert.equal(namesIn(told), ['ok v-1', 'ok v-1', 'reload v-2']);
    assert.equal(namesIn(unknown), ['ok v-1', 'ok v-1', 'reload v-2']);
    assert.equal(namesIn(stale), ['reload v-1', 'ok v-1', 'reload v-2']);
    assert.equal(namesIn(none), ['reload v-1', 'ok v-1', 'reload v-2']);
    const { headers } = partsOf(fresh.received);
    assert.ok(headers.includes('Content-Type: text/event-stream'));
    assert.ok(headers.includes('Cache-Control: no-store'));
  });

  it('tell of a version that does not run, with the last lines of the log, until a good one serves', async (scope) => {
    const router = await open(scope, 1);
    const line = { timestamp: '1', stream: 'ERR' as const, instance_id: '0' };
    scope.use(
      router.bus.answer(recentLogs, () => ({
        lines: [
          { ...line, source_type: 'RTR', text: 'a request' },
          { ...line, source_type: 'APP/PROC/WEB', text: '\u001b[31mSyntaxError\u001b[0m: <here>' },
        ],
      })),
    );
    const trouble = { version: 'v-2', reason: 'exited with status 1' };
    const early = await listen(scope, router.port, 'v-1');

    await publishState(router.bus, 'RUNNING', { ...watched, trouble });
    await early.until(/event: trouble/);
    const late = await listen(scope, router.port, 'v-1');
    await late.until(/event: trouble/);
    await publishState(router.bus, 'RUNNING', { ...watched, trouble });
    await publishState(router.bus, 'RUNNING', { ...watched, trouble: { ...trouble, version: 'v-3' } });
    await early.until(/trouble[\s\S]*trouble/);
    await publishState(router.bus, 'RUNNING', { ...watched, version: 'v-4' });
    await early.until(/reload/);

    assert.equal(eventsIn(early)[1], {
      event: 'trouble',
      data: {
        version: 'v-2',
        title: 'The new version of hello does not run',
        reason: 'Exited with status 1. The one before goes on.',
        hint: 'The whole log: localpaas logs hello --recent',
        lines: ['SyntaxError: <here>'],
      },
    });
    assert.equal(namesIn(early), ['ok v-1', 'trouble', 'trouble', 'reload v-4']);
    assert.equal(namesIn(late), ['trouble', 'trouble', 'reload v-4']);
  });

  it('tell of a crash, and of the end of it', async (scope) => {
    const router = await open(scope, 1);
    const wire = await listen(scope, router.port, 'v-1');

    await publishState(router.bus, 'CRASHED', { live_reload: true, reason: 'killed: out of memory' });
    await wire.until(/event: trouble/);
    await publishState(router.bus, 'STARTING', { live_reload: true });
    await publishState(router.bus, 'RUNNING', watched);
    await wire.until(/event: ok[\s\S]*event: ok/);

    const [, crash] = eventsIn(wire);
    assert.equal([crash?.data['title'], crash?.data['reason']], ['hello does not run', 'Killed: out of memory.']);
    assert.equal(namesIn(wire), ['ok v-1', 'trouble', 'ok v-1']);
  });

  it('end when nobody works on the app any more', async (scope) => {
    const router = await open(scope, 1);
    const wire = await listen(scope, router.port, 'v-1');

    await publishState(router.bus, 'RUNNING');

    await wire.until(/event: end\ndata: {}\n\n/);
    await wire.until(/\r\n0\r\n\r\n$/);
  });

  it('are for pages of the app alone, and not for any number', async (scope) => {
    const router = await open(scope, 1);
    const path = '/.localpaas/live-reload';

    const other = await ask(router.port, host, { path, headers: { 'sec-fetch-site': 'same-site' } });
    const post = await ask(router.port, host, { path, method: 'POST', body: 'x'.repeat(100_000) });
    const head = await ask(router.port, host, { path, method: 'HEAD' });
    for (let count = 0; count < 64; count += 1) await listen(scope, router.port, 'v-1');
    const oneMore = await ask(router.port, host, { path });

    assert.equal([other.status, post.status, post.headers['allow']], [403, 405, 'GET, HEAD']);
    assert.equal([head.status, head.headers['content-type'], oneMore.status], [200, 'text/event-stream', 503]);
  });

  it('are no use of the app, are in no log, and hold up no end of the router', async (scope) => {
    const own = new AsyncDisposableStack();
    scope.use(own);
    const { bus, port } = await openRouter(own, { drainMs: 60_000, activeAppsEveryMs: 60_000 });
    const logged: string[] = [];
    own.use(bus.subscribe(logBatches, ({ source_id }) => void logged.push(source_id)));
    await publishState(bus, 'RUNNING', watched);
    const wire = await listen(scope, port, 'v-1');
    await wire.until(/event: ok/);

    const { in_use } = await bus.ask(appUse, { app }, { limitMs: 15_000 });
    await own.disposeAsync();
    await wire.closed();

    assert.equal([in_use, logged], [false, []]);
    assert.match(wire.received, /\r\n0\r\n\r\n$/);
  });
});

describe('a page of the router itself for an app that somebody works on', (it) => {
  it('has the script, so that it goes when the app comes', async (scope) => {
    const router = await openRouter(scope, { holdMs: 50 });
    const headers = { accept: 'text/html' };
    const versionIn = async (more: object = {}) => {
      const answer = await ask(router.port, host, { headers, ...more });
      const allows = String(answer.headers['content-security-policy']).endsWith(
        "; script-src 'self'; connect-src 'self'",
      );
      return [answer.status, /data-version="([^"]*)"/.exec(answer.body)?.[1], allows];
    };

    await publishState(router.bus, 'CRASHED', { live_reload: true, reason: 'exited with status 1' });
    assert.equal(await versionIn(), [502, 'none', true]);
    assert.equal(await versionIn({ headers: {} }), [502, undefined, true]);
    assert.equal(await versionIn({ method: 'HEAD' }), [502, undefined, false]);
    await publishState(router.bus, 'STARTING', { live_reload: true });
    assert.equal(await versionIn(), [503, 'none', true]);
    await publishState(router.bus, 'RUNNING', watched);
    await register(router.bus, 9, [host], { app });
    assert.equal(await versionIn(), [502, 'v-1', true]);
    await publishState(router.bus, 'STOPPED');
    assert.equal(await versionIn(), [502, undefined, false]);
  });

  it('does not show twice what it is there for', async (scope) => {
    const router = await openRouter(scope);
    await publishState(router.bus, 'CRASHED', { live_reload: true, reason: 'exited with status 1' });
    const wire = await listen(scope, router.port, 'none');
    await quiet();
    assert.equal(namesIn(wire), []);

    await publishState(router.bus, 'CRASHED', { live_reload: true, reason: 'exited with status 2' });
    await wire.until(/trouble/);
    await publishState(router.bus, 'RUNNING', watched);
    await wire.until(/reload/);

    assert.equal(namesIn(wire), ['trouble', 'reload v-1']);
  });
});
