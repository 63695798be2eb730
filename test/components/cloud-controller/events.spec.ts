import * as assert from 'uvu/assert';
import { EventLog, type Party } from '#components/cloud-controller/events.ts';
import { Bucket } from '#ground/bucket.ts';
import { createLog, type LogEntry, silentLog } from '#ground/log.ts';
import { waitFor } from '#ground/wait.ts';
import { connectBus, startBus } from '../../support/bus.ts';
import { describe, type Scope } from '../../support/spec.ts';
import { appRecord } from './records.ts';

const admin: Party = { guid: 'admin-guid', type: 'user', name: 'admin' };

describe('the events of apps', (it) => {
  it('are known at once, and to the next run', async (scope) => {
    const { events, reopen } = await openEvents(scope);
    const app = appRecord({ name: 'hello' });

    events.record('audit.app.create', { app });
    events.record('app.crash', { app, actor: { guid: 'i', type: 'process', name: 'web' } }, { index: 0 });
    const known = events.of(app.guid);

    assert.equal(
      known.map(({ type }) => type),
      ['audit.app.create', 'app.crash'],
    );
    assert.equal(known[0]?.actor, admin);
    assert.equal(known[0]?.target, { guid: app.guid, type: 'app', name: 'hello' });
    assert.equal(known[1]?.data, { index: 0 });
    await events[Symbol.asyncDispose]();
    assert.equal((await reopen()).of(app.guid), known);
  });

  it('are the newest 64 of each app, here and at rest', async (scope) => {
    const { events, reopen } = await openEvents(scope);
    const [noisy, quiet] = [appRecord({ name: 'noisy' }), appRecord({ name: 'quiet' })];

    events.record('audit.app.create', { app: quiet });
    for (let index = 0; index < 100; index += 1) events.record('app.crash', { app: noisy }, { index });
    await events[Symbol.asyncDispose]();

    for (const each of [events, await reopen()]) {
      const indices = each.of(noisy.guid).map(({ data }) => data['index']);
      assert.equal(
        indices,
        Array.from({ length: 64 }, (_, index) => index + 36),
      );
      assert.is(each.of(quiet.guid).length, 1);
    }
  });

  it('come in order of time when all are asked for', async (scope) => {
    const { events } = await openEvents(scope);
    const [one, two] = [appRecord(), appRecord()];

    for (const [index, app] of [one, two, one, two].entries()) events.record('app.crash', { app }, { index });

    assert.equal(
      events.all().map(({ data }) => data['index']),
      [0, 1, 2, 3],
    );
  });

  it('are forgotten when their app is long gone, and not before', async (scope) => {
    const { events, bus, reopen } = await openEvents(scope);
    const [old, young, alive] = [appRecord(), appRecord(), appRecord()];
    const bucket = await Bucket.open<object>(bus, 'events', { history: 64 });
    for (const app of [old, alive]) {
      const target = { guid: app.guid, type: 'app', name: app.name };
      await bucket.put(app.guid, {
        guid: app.guid,
        type: 'app.crash',
        createdAt: '2001-01-01T00:00:00.000Z',
        actor: admin,
        target,
        data: {},
      });
    }
    events.record('audit.app.delete-request', { app: young });
    await events[Symbol.asyncDispose]();
    const later = await reopen();

    await later.forget((guid) => guid !== alive.guid, Date.parse('2020-01-01'));

    const left = await reopen();
    assert.equal(
      [old, young, alive].map(({ guid }) => left.of(guid).length),
      [0, 1, 1],
    );
  });

  it(
    'never disturb those who record them, also when they cannot be stored',
    async (scope) => {
      const lines: LogEntry[] = [];
      const { address, server } = await startBus(scope);
      const bus = await connectBus(scope, address);
      const events = scope.use(
        await EventLog.open(
          bus,
          createLog((entry) => void lines.push(entry)),
          admin,
        ),
      );
      const app = appRecord();
      await server[Symbol.asyncDispose]();

      events.record('audit.app.stop', { app });

      assert.is(events.of(app.guid).length, 1);
      await waitFor('the log to say so', () => lines[0], { limitMs: 15_000 });
      assert.equal(
        lines.map(({ event }) => event),
        ['event not stored'],
      );
    },
    { timeoutMs: 120_000 },
  );

  it('are stored once when the server is killed under them and comes back', async (scope) => {
    const { events, server, reopen } = await openEvents(scope);
    const app = appRecord();

    process.kill(server.pid(), 'SIGKILL');
    for (let index = 0; index < 5; index += 1) events.record('app.crash', { app }, { index });
    const stored = async () => {
      const later = await reopen().catch(() => undefined); // the server may still be down
      const indices = later?.of(app.guid).map(({ data }) => data['index']) ?? [];
      return indices.length >= 5 ? indices : undefined;
    };

    assert.equal(await waitFor('the events to be stored', stored, { limitMs: 15_000, everyMs: 20 }), [0, 1, 2, 3, 4]);
    await events[Symbol.asyncDispose]();
  });
});

async function openEvents(scope: Scope) {
  const { bus, address, server } = await startBus(scope);
  const open = async () => EventLog.open(await connectBus(scope, address), silentLog, admin);
  const reopen = async () => scope.use(await open());
  return { bus, server, events: await open(), reopen };
}
