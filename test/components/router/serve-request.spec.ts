import * as assert from 'uvu/assert';
import { recentLogs } from '#contract/logs.ts';
import { sleep, waitFor } from '#ground/wait.ts';
import { describe, type Scope } from '../../support/spec.ts';
import { ask, closedPort, openRouter, publishState, register, serveApp, Wire } from './support.ts';

const limits = { limitMs: 15_000 };
const hello = 'hello.localhost';
const asPage = { headers: { accept: 'text/html,*/*' } };

/** An app that hears requests and hangs up. */
async function serveSilence(scope: Scope) {
  const methods: string[] = [];
  const port = await serveApp(scope, ({ method = '', socket }) => {
    methods.push(method);
    socket.destroy();
  });
  return { port, heard: (asked: string) => methods.filter((method) => method === asked).length };
}

describe('a request for an app', (it) => {
  for (const state of ['STAGING', 'STARTING', 'RUNNING'] as const) {
    it(`that is ${state} without an instance waits for one, with its body`, async (scope) => {
      const { bus, port } = await openRouter(scope);
      await publishState(bus, state);
      const appPort = await serveApp(scope, (request, response) => void request.pipe(response));
      const body = 'x'.repeat(500_000);

      const answer = ask(port, hello, { method: 'POST', body });
      const early = await Promise.race([answer, sleep(50)]);
      await register(bus, appPort, [hello]);

      assert.is(early, undefined);
      assert.is((await answer).body.length, body.length);
    });
  }

  it('that does not start in time is told so, and when to come again', async (scope) => {
    const { bus, port } = await openRouter(scope, { holdMs: 50 });
    await publishState(bus, 'STARTING');

    const text = await ask(port, hello);
    const page = await ask(port, hello, asPage);

    assert.is(text.status, 503);
    assert.is(text.headers['retry-after'], '2');
    assert.match(text.body, /^503 Service Unavailable: hello is starting\./);
    assert.is(page.status, 503);
    assert.match(page.body, '<h1>hello is starting</h1>');
    assert.match(page.body, '<meta http-equiv="refresh"');
  });

  it('that crashes meanwhile learns why at once, with the last words of the app', async (scope) => {
    const { bus, port } = await openRouter(scope);
    scope.use(
      bus.answer(recentLogs, ({ source_id }) => ({
        lines: [
          { text: `GET / by ${source_id}`, source_type: 'RTR' },
          { text: '\u001b[31mError: <b>no & "way"</b>\u001b[0m', source_type: 'APP/PROC/WEB' },
          { text: 'z'.repeat(600), source_type: 'APP/PROC/WEB' },
        ].map((line) => ({ ...line, timestamp: '1', stream: 'ERR' as const, instance_id: '0' })),
      })),
    );
    await publishState(bus, 'STARTING');

    const answers = Promise.all([ask(port, hello), ask(port, hello, asPage)]);
    assert.is(await Promise.race([answers, sleep(50)]), undefined);
    await publishState(bus, 'CRASHED', { reason: 'exited with status 3' });
    const [text, page] = await answers;

    assert.is(text.status, 502);
    assert.match(
      text.body,
      /^502 Bad Gateway: hello crashed: exited with status 3\.\n\n {4}Error: <b>no & "way"<\/b>\n/,
    );
    assert.match(text.body, /localpaas logs hello --recent/);
    assert.not.match(text.body, /GET \//);
    assert.match(page.body, '<b>exited with status 3</b>');
    assert.match(page.body, 'Error: &lt;b&gt;no &amp; &quot;way&quot;&lt;/b&gt;');
    assert.match(page.body, `${'z'.repeat(500)}…`);
    assert.is(page.headers['content-security-policy'], "default-src 'none'; style-src 'unsafe-inline'");
  });

  it('that crashed is answered at once, also when nobody keeps the log', async (scope) => {
    const { bus, port } = await openRouter(scope, { holdMs: 120_000 });
    await publishState(bus, 'CRASHED', { reason: 'was killed by SIGKILL.' });

    const answer = await ask(port, hello);

    assert.match(answer.body, /^502 Bad Gateway: hello crashed: was killed by SIGKILL\.\n/);
  });

  it('that is stopped says how to start it', async (scope) => {
    const { bus, port } = await openRouter(scope);
    await publishState(bus, 'STOPPED');

    const text = await ask(port, hello);
    const page = await ask(port, hello, asPage);

    assert.is(text.status, 404);
    assert.is(text.headers['x-cf-routererror'], 'unknown_route');
    assert.match(text.body, 'localpaas start hello');
    assert.match(page.body, '<span>localpaas start hello</span>');
  });

  it('that was deleted finds nothing', async (scope) => {
    const { bus, port } = await openRouter(scope);
    await publishState(bus, 'STOPPED');
    await publishState(bus, 'DELETED');

    assert.match((await ask(port, hello)).body, /does not exist/);
  });

  it('that never was is answered as gorouter does it', async (scope) => {
    const { port } = await openRouter(scope);

    const answer = await ask(port, 'nobody.localhost');

    assert.is(answer.status, 404);
    assert.is(answer.headers['x-cf-routererror'], 'unknown_route');
    assert.is(answer.headers['content-type'], 'text/plain; charset=utf-8');
    assert.is(answer.body, "404 Not Found: Requested route ('nobody.localhost') does not exist.\n");
  });

  it('that never was shows a browser which apps there are, and how to push one', async (scope) => {
    const { bus, port } = await openRouter(scope);
    const empty = await ask(port, 'nobody.localhost', asPage);
    await publishState(bus, 'RUNNING', { app: 'one', name: 'one', uris: ['one.localhost/api', 'uno.localhost'] });
    await publishState(bus, 'CRASHED', { app: 'two', name: '<two>', uris: ['two.localhost'] });

    const page = await ask(port, `nobody.localhost:${port}`, asPage);

    assert.match(empty.body, 'No app was pushed so far.');
    assert.is(page.headers['content-type'], 'text/html; charset=utf-8');
    assert.match(page.body, `<a href="http://one.localhost:${port}/api">one</a>`);
    assert.match(page.body, '&lt;two&gt;');
    assert.match(page.body, 'class="dot crashed"');
    assert.match(page.body, 'localpaas push --name nobody');
  });

  it('beyond the number that may wait is answered at once', async (scope) => {
    const { bus, port } = await openRouter(scope, { maxHeld: 2 });
    await publishState(bus, 'STARTING');
    const wires = await Promise.all([Wire.to(scope, port), Wire.to(scope, port)]);
    for (const wire of wires) wire.head('GET / HTTP/1.1', `Host: ${hello}`);

    const third = await waitFor(
      'a refusal',
      async () => {
        const answer = await Promise.race([ask(port, hello), sleep(500)]);
        return answer === undefined ? undefined : answer;
      },
      limits,
    );

    assert.is(third.status, 503);
  });

  it('that leaves makes room for another', async (scope) => {
    const { bus, port } = await openRouter(scope, { maxHeld: 1, holdMs: 6_000 });
    await publishState(bus, 'STARTING');
    const first = (await Wire.to(scope, port)).head('GET / HTTP/1.1', `Host: ${hello}`);
    await waitFor(
      'the place to be taken',
      async () => ((await ask(port, hello)).status === 503 ? true : undefined),
      limits,
    );

    first.socket.destroy();
    const second = await waitFor(
      'the place',
      async () => {
        const wire = (await Wire.to(scope, port)).head('GET / HTTP/1.1', `Host: ${hello}`);
        await sleep(500); // who gets no place is told so at once
        return wire.received === '' ? wire : undefined;
      },
      limits,
    );
    await register(bus, await serveApp(scope, (_, response) => response.end('served')), [hello]);

    assert.match(await second.until(/served/), /200 OK/);
  });

  it('whose instances all refuse waits for its restart, with its body', async (scope) => {
    const { bus, port } = await openRouter(scope);
    await register(bus, await closedPort(), [hello]);
    await register(bus, await closedPort(), [hello]);
    await publishState(bus, 'STARTING');
    const appPort = await serveApp(scope, (request, response) => void request.pipe(response));
    const body = 'x'.repeat(300_000);

    const answer = ask(port, hello, { method: 'POST', body });
    const early = await Promise.race([answer, sleep(50)]);
    await register(bus, appPort, [hello]);

    assert.is(early, undefined);
    assert.is((await answer).body.length, body.length);
  });

  it('whose instances all refuse waits a moment for news of it', async (scope) => {
    const { bus, port } = await openRouter(scope, { newsMs: 3_000 });
    await register(bus, await closedPort(), [hello]);
    await publishState(bus, 'RUNNING');

    const answer = ask(port, hello);
    assert.is(await Promise.race([answer, sleep(50)]), undefined);
    await publishState(bus, 'CRASHED', { reason: 'exited with status 1' });

    assert.match((await answer).body, /hello crashed: exited with status 1/);
  });

  it('whose instance dies without a word is answered by the one that takes its place', async (scope) => {
    const { bus, port } = await openRouter(scope, { newsMs: 15_000 });
    const dying = await serveSilence(scope);
    await register(bus, dying.port, [hello]);
    await publishState(bus, 'RUNNING');

    const answer = ask(port, hello);
    const posted = await ask(port, hello, { method: 'POST', body: 'order' });
    await waitFor('the request to be heard twice', () => (dying.heard('GET') === 2 ? true : undefined), {
      limitMs: 15_000,
    });
    await register(bus, await serveApp(scope, (_, response) => void response.end('the next one')), [hello]);

    assert.is((await answer).body, 'the next one');
    assert.equal([posted.status, dying.heard('POST')], [502, 1]);
    assert.match(posted.body, 'ended without an answer');
  });

  it('whose instance is silent is told so when there is no news, and at most three times asked', async (scope) => {
    const { bus, port } = await openRouter(scope, { newsMs: 30 });
    const silent = [await serveSilence(scope), await serveSilence(scope), await serveSilence(scope)];
    for (const { port: at } of silent) await register(bus, at, [hello]);
    await publishState(bus, 'RUNNING');

    const { status, body } = await ask(port, hello);

    assert.is(status, 502);
    assert.match(body, 'ended without an answer');
    assert.is(
      silent.reduce((sum, { heard }) => sum + heard('GET'), 0),
      3,
    );
  });

  it('whose instances all refuse is answered with 502 when there is no news', async (scope) => {
    const { bus, port } = await openRouter(scope, { newsMs: 30 });
    await register(bus, await closedPort(), [hello]);
    await register(bus, await closedPort(), ['foreign.localhost']);
    await publishState(bus, 'RUNNING');

    const known = await ask(port, hello);
    const foreign = await ask(port, 'foreign.localhost', asPage);

    assert.is(known.status, 502);
    assert.is(known.body, '502 Bad Gateway: hello refuses connections. See `localpaas logs hello`.\n');
    assert.is(foreign.status, 502);
    assert.match(foreign.body, '<h1>foreign.localhost does not answer</h1>');
  });
});
