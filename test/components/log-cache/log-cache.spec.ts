import { appendFile, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import * as v from 'valibot';
import { LogCacheOptions, logCache } from '#components/log-cache/index.ts';
import { LogRead } from '#contract/api/resources.ts';
import { appState } from '#contract/apps.ts';
import { logBatches, nextTimestamp, recentLogs } from '#contract/logs.ts';
import { type RouteMessage, routerRegister } from '#contract/routes.ts';
import { checkToken } from '#contract/tokens.ts';
import type { Bus } from '#ground/bus.ts';
import { call } from '#ground/http-client.ts';
import { silentLog } from '#ground/log.ts';
import { waitFor } from '#ground/wait.ts';
import { connectBus, startBus } from '../../support/bus.ts';
import { scratchDirectory } from '../../support/scratch.ts';
import { describe, type Scope } from '../../support/spec.ts';

const everything = 'start_time=-6795364578871345152&limit=1000';

async function start(scope: Scope, { dataDir, ...options }: Partial<LogCacheOptions> & { dataDir?: string } = {}) {
  const { bus, address } = await startBus(scope);
  scope.use(
    bus.answer(checkToken, ({ token }) => ({
      valid: token === 'good',
      expires_at: Math.floor(Date.now() / 1000) + 60,
    })),
  );
  let route: RouteMessage | undefined;
  scope.use(
    bus.subscribe(routerRegister, (message) => {
      route = message;
    }),
  );
  await bus.flush();
  const directory = dataDir ?? (await scratchDirectory(scope));
  const running = await logCache.start(
    { bus: await connectBus(scope, address), log: silentLog, dataDir: directory, signal: new AbortController().signal },
    v.parse(LogCacheOptions, { holdEmptyMs: 20, ...options }),
  );
  scope.use(running);
  const { port } = await waitFor('the route', () => route, { limitMs: 15_000 });
  const read = async (path: string, token = 'good') =>
    call(`http://127.0.0.1:${port}${path}`, { headers: { authorization: `bearer ${token}` } });
  const texts = async (query = everything, app = 'app-1') => {
    const { envelopes } = v.parse(LogRead, await (await read(`/api/v1/read/${app}?${query}`)).json());
    return envelopes.batch.map((each) => Buffer.from(each.log.payload, 'base64').toString());
  };
  return { bus, directory, read, texts, running, route: () => route };
}

function say(bus: Bus, texts: string[], source = 'app-1') {
  const lines = texts.map((text) => ({ timestamp: nextTimestamp(), stream: 'OUT' as const, text }));
  bus.publish(logBatches.at(source), { source_id: source, instance_id: '0', source_type: 'APP/PROC/WEB', lines });
}

async function sizesIn(directory: string): Promise<number[]> {
  const names = await readdir(directory);
  return Promise.all(names.map(async (name) => (await stat(join(directory, name))).size));
}

describe('log-cache', (it) => {
  it('gives back what was logged, in the shape clients decode strictly', async (scope) => {
    const { bus, read, texts } = await start(scope);

    say(bus, ['one', 'zwei · ✓']);
    await waitFor('the lines', async () => ((await texts()).length === 2 ? true : undefined), { limitMs: 15_000 });

    const body = (await (await read(`/api/v1/read/app-1?${everything}`)).json()) as { envelopes: { batch: object[] } };
    const first = body.envelopes.batch[0] as Record<string, unknown>;
    assert.equal(Object.keys(first).sort(), ['instance_id', 'log', 'source_id', 'tags', 'timestamp']);
    assert.equal(first['log'], { payload: Buffer.from('one').toString('base64'), type: 'OUT' });
    assert.equal(await texts(), ['one', 'zwei · ✓']);
  });

  it('honours start, end, limit, order and type', async (scope) => {
    const { bus, read, texts } = await start(scope);
    say(bus, ['1', '2', '3', '4']);
    await waitFor('the lines', async () => ((await texts()).length === 4 ? true : undefined), { limitMs: 15_000 });
    const { envelopes } = v.parse(LogRead, await (await read(`/api/v1/read/app-1?${everything}`)).json());
    const [, second = '', third = ''] = envelopes.batch.map((each) => String(each.timestamp));

    assert.equal(await texts(`start_time=${second}&end_time=${third}`), ['2']);
    assert.equal(await texts('limit=2'), ['1', '2']);
    assert.equal(await texts('limit=2&descending=true'), ['4', '3']);
    assert.equal(await texts('envelope_types=GAUGE'), []);
    assert.is((await read('/api/v1/read/app-1?start_time=yesterday')).status, 400);
  });

  it('holds an empty answer to who follows, and none to who asks for the newest', async (scope) => {
    const { bus, texts } = await start(scope, { holdEmptyMs: 600_000 });

    assert.equal(await texts(`${everything}&descending=true`), []);

    const following = texts();
    say(bus, ['first']);
    assert.equal(await following, ['first']);
  });

  it('keeps lines over a restart, also behind one that was cut short', async (scope) => {
    const dataDir = await scratchDirectory(scope);
    const first = await start(scope, { dataDir });
    say(first.bus, ['before']);
    await waitFor('the line', async () => ((await first.texts()).length === 1 ? true : undefined), { limitMs: 15_000 });
    await first.running[Symbol.asyncDispose]();
    await appendFile(join(dataDir, 'app-1', 'current.jsonl'), '{"t":"12');

    const second = await start(scope, { dataDir });
    say(second.bus, ['after']);

    await waitFor('both', async () => ((await second.texts()).join() === 'before,after' ? true : undefined), {
      limitMs: 15_000,
    });
  });

  it('stays within its size and keeps the newest', async (scope) => {
    const { bus, directory, texts } = await start(scope, { fileBytes: 20_000, recentLines: 50 });
    for (let round = 0; round < 20; round += 1) {
      say(
        bus,
        Array.from({ length: 100 }, (_, index) => `line ${round}/${index} ${'x'.repeat(40)}`),
      );
    }
    await waitFor(
      'the last',
      async () => ((await texts('limit=1&descending=true'))[0]?.startsWith('line 19/99') ? true : undefined),
      { limitMs: 15_000 },
    );

    // What can be read already may still be on its way to the disk, and a file may get another name meanwhile.
    const sizes = await waitFor('the files', () => sizesIn(join(directory, 'app-1')).catch(() => undefined), {
      limitMs: 15_000,
    });
    assert.ok(sizes.reduce((sum, size) => sum + size, 0) < 80_000, `${sizes}`);
    const stored = await texts();
    assert.ok(stored.length >= 100, `${stored.length} lines are left`);
  });

  it('answers nobody without a valid token', async (scope) => {
    const { read } = await start(scope);

    assert.is((await read('/api/v1/read/app-1', 'bad')).status, 401);
    assert.is((await read('/api/v1/info', 'bad')).status, 200);
  });

  it('never leaves its directory', async (scope) => {
    const { read } = await start(scope);

    for (const id of ['..%2f..%2fetc', '.hidden', 'a%00b']) {
      assert.equal(await (await read(`/api/v1/read/${id}?${everything}`)).json(), { envelopes: { batch: [] } });
    }
  });

  it('tells the newest lines on the bus, oldest first', async (scope) => {
    const { bus, texts } = await start(scope);
    say(bus, ['a', 'b', 'c']);
    await waitFor('the lines', async () => ((await texts()).length === 3 ? true : undefined), { limitMs: 15_000 });

    const { lines } = await bus.ask(recentLogs, { source_id: 'app-1', limit: 2 }, { limitMs: 15_000 });

    assert.equal(
      lines.map((line) => line.text),
      ['b', 'c'],
    );
  });

  it('forgets an app that was deleted', async (scope) => {
    const { bus, directory, texts } = await start(scope);
    say(bus, ['a']);
    await waitFor('the line', async () => ((await texts()).length === 1 ? true : undefined), { limitMs: 15_000 });

    bus.publish(appState, { app: 'app-1', name: 'x', uris: [], state: 'DELETED' });

    say(bus, ['too late']);
    await waitFor('its end', async () => ((await readdir(directory)).length === 0 ? true : undefined), {
      limitMs: 15_000,
    });
    say(bus, ['much too late']);
    say(bus, ['of another'], 'app-2');
    await waitFor('the other', async () => ((await texts(everything, 'app-2')).length === 1 ? true : undefined), {
      limitMs: 15_000,
    });
    assert.equal(await readdir(directory), ['app-2']);
    assert.equal(await texts(), []);
  });
});
