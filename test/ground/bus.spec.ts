import * as assert from 'uvu/assert';
import * as v from 'valibot';
import { Bus } from '#ground/bus.ts';
import { subject, subjectFamily } from '#ground/subject.ts';
import { waitFor } from '#ground/wait.ts';
import { connectBus } from '../support/bus.ts';
import { describe } from '../support/spec.ts';
import { thrownBy } from '../support/thrown.ts';
import { double, Ping, ping, startPeers } from './bus-peers.ts';

/** Publishes what our own `publish` would refuse. */
function publishRaw(bus: Bus, name: string, payload?: string): void {
  Bus.connectionOf(bus).publish(name, payload);
}

describe('a subscription', (it) => {
  it('is given each message once, in order, with the subject it came on', async (scope) => {
    const { us, them } = await startPeers(scope);
    const family = subjectFamily('test.*.start', Ping);
    const seen: string[] = [];
    scope.use(them.subscribe(family, ({ n }, delivery) => void seen.push(`${n} ${family.tokenOf(delivery.subject)}`)));
    await them.flush();

    for (let n = 0; n < 100; n += 1) us.publish(family.at(n % 2 === 0 ? 'even' : 'odd'), { n });
    await us.flush();
    await waitFor('all of them', () => (seen.length === 100 ? true : undefined), { limitMs: 15_000 });

    assert.equal(seen.slice(0, 3), ['0 even', '1 odd', '2 even']);
    assert.is(seen.at(-1), '99 odd');
  });

  it('is not given what is no valid message, and logs that with its place', async (scope) => {
    const { us, them, logged } = await startPeers(scope);
    const seen: unknown[] = [];
    scope.use(them.subscribe(ping, (message) => void seen.push(message)));
    await them.flush();

    for (const payload of ['{not json', '', '{}', '{"n":"1"}', '[]', 'null']) publishRaw(us, ping.name, payload);
    us.publish(ping, { n: 1 });
    await us.flush();
    await waitFor('the valid one', () => seen[0], { limitMs: 15_000 });

    assert.equal(seen, [{ n: 1 }]);
    const refused = logged('message refused');
    assert.is(refused.length, 6);
    assert.equal(refused[0]?.fields, { subject: 'test.ping', reason: 'it is not JSON' });
    assert.match(String(refused[3]?.fields['reason']), /^n: .*number.*"1"/);
  });

  it('takes an empty payload for null', async (scope) => {
    const { us, them } = await startPeers(scope);
    const seen: unknown[] = [];
    const locate = subject('test.locate', v.nullable(v.unknown()));
    scope.use(them.subscribe(locate, (message) => void seen.push(message)));
    await them.flush();

    publishRaw(us, locate.name);
    await us.flush();
    await waitFor('it', () => (seen.length === 1 ? true : undefined), { limitMs: 15_000 });

    assert.equal(seen, [null]);
  });

  it('goes on after its handler threw or rejected, and logs it', async (scope) => {
    const { us, them, logged } = await startPeers(scope);
    const seen: number[] = [];
    const receive = ({ n }: { n: number }): void | Promise<void> => {
      if (n === 1) throw new Error('thrown');
      if (n === 2) return Promise.reject(new Error('rejected'));
      seen.push(n);
    };
    scope.use(them.subscribe(ping, receive));
    await them.flush();

    for (const n of [1, 2, 3]) us.publish(ping, { n });
    await us.flush();
    await waitFor('the third', () => seen[0], { limitMs: 15_000 });

    assert.equal(
      logged('message not handled').map(({ fields }) => fields['error']),
      ['thrown', 'rejected'],
    );
  });

  it('shares its messages with the other members of its queue', async (scope) => {
    const { us, them, address } = await startPeers(scope);
    const others = await connectBus(scope, address);
    const seen: number[] = [];
    for (const bus of [them, others]) {
      scope.use(bus.subscribe(ping, ({ n }) => void seen.push(n), { queue: 'workers' }));
      await bus.flush();
    }

    for (let n = 0; n < 50; n += 1) us.publish(ping, { n });
    await us.flush();
    await waitFor('all of them', () => (seen.length >= 50 ? true : undefined), { limitMs: 15_000 });
    await Promise.all([them.flush(), others.flush()]);

    assert.is(new Set(seen).size, 50);
    assert.is(seen.length, 50);
  });

  it('ends when it is disposed, also after its bus', async (scope) => {
    const { us, them } = await startPeers(scope);
    const seen: unknown[] = [];
    const [first, second] = [them.subscribe(ping, (each) => void seen.push(each)), them.subscribe(ping, () => {})];
    await them.flush();

    first[Symbol.dispose]();
    us.publish(ping, { n: 1 });
    await us.flush();
    await them.flush();
    assert.equal(seen, []);

    await them[Symbol.asyncDispose]();
    second[Symbol.dispose]();
  });
});

describe('a message', (it) => {
  it('is refused before it is sent when it is not what its subject carries', async (scope) => {
    const { us } = await startPeers(scope);

    const error = await thrownBy(() => us.publish(ping, { n: 'one' } as never));

    assert.instance(error, TypeError);
    assert.match(error.message, /^This is not a message for test\.ping: n: /);
  });
});

describe('a question', (it) => {
  it('gets the first answer', async (scope) => {
    const { us, them } = await startPeers(scope);
    scope.use(them.answer(double, async ({ n }) => ({ n: n * 2 })));
    await them.flush();

    assert.equal(await us.ask(double, { n: 21 }, { limitMs: 15_000 }), { n: 42 });
  });

  it('fails at once when nobody listens, and in time when nobody answers', async (scope) => {
    const { us, them } = await startPeers(scope);
    assert.match((await thrownBy(() => us.ask(double, { n: 1 }, { limitMs: 60_000 }))).message, /no responders/);

    scope.use(them.answer(double, () => undefined));
    await them.flush();

    assert.match((await thrownBy(() => us.ask(double, { n: 1 }, { limitMs: 30 }))).message, /timeout/);
  });

  it('fails when it or its answer is not valid', async (scope) => {
    const { us, them } = await startPeers(scope);
    Bus.connectionOf(them).subscribe(double.name, { callback: (_, raw) => void raw.respond('{"n":"two"}') });
    await them.flush();

    assert.instance(await thrownBy(() => us.ask(double, { n: '1' } as never, { limitMs: 50 })), TypeError);
    const error = await thrownBy(() => us.ask(double, { n: 1 }, { limitMs: 15_000 }));
    assert.match(error.message, /^The reply to test\.double is not valid: n: /);
  });

  it('gathers the answers of many until it has as many as it expects', async (scope) => {
    const { us, them, address } = await startPeers(scope);
    const others = await connectBus(scope, address);
    scope.use(them.answer(double, ({ n }) => ({ n: n * 2 })));
    scope.use(others.answerEach(double, ({ n }) => [{ n }, { n: n + 1 }]));
    await Promise.all([them.flush(), others.flush()]);

    const replies = await us.askMany(double, { n: 5 }, { limitMs: 10_000, expected: 3 });

    assert.equal(replies.map(({ n }) => n).sort(), [10, 5, 6].sort());
  });

  it('gathers the answers that come in time, and leaves out what is not valid', async (scope) => {
    const { us, them } = await startPeers(scope);
    Bus.connectionOf(them).subscribe(double.name, {
      callback: (_, raw) => {
        for (const reply of ['{"n":1}', '{"n":null}', 'nonsense', '{"n":2}']) raw.respond(reply);
      },
    });
    await them.flush();

    assert.equal(await us.askMany(double, { n: 5 }, { limitMs: 1_000 }), [{ n: 1 }, { n: 2 }]);
  });

  it('gathers nothing when nobody listens, and asks nobody when it expects nothing', async (scope) => {
    const { us, them } = await startPeers(scope);
    assert.equal(await us.askMany(double, { n: 1 }, { limitMs: 5_000 }), []);
    let asked = 0;
    const count = () => {
      asked += 1;
      return undefined;
    };
    scope.use(them.answer(double, count));
    await them.flush();

    assert.equal(await us.askMany(double, { n: 1 }, { limitMs: 5_000, expected: 0 }), []);
    await us.flush();
    await them.flush();

    assert.is(asked, 0);
  });
});

describe('an answer', (it) => {
  it('is given by one member of a queue', async (scope) => {
    const { us, them, address } = await startPeers(scope);
    const others = await connectBus(scope, address);
    for (const bus of [them, others]) {
      scope.use(bus.answer(double, ({ n }) => ({ n }), { queue: 'workers' }));
      await bus.flush();
    }

    assert.is((await us.askMany(double, { n: 1 }, { limitMs: 1_000 })).length, 1);
  });

  it('fails to come when its handler throws or makes none that is valid, and that is logged', async (scope) => {
    const { us, them, logged } = await startPeers(scope);
    const answer = ({ n }: { n: number }) => {
      if (n === 1) throw new Error('thrown');
      return { n: 'two' } as never;
    };
    scope.use(them.answer(double, answer));
    await them.flush();

    for (const n of [1, 2]) await thrownBy(() => us.ask(double, { n }, { limitMs: 30 }));

    const found = () => logged('message not handled').map(({ fields }) => String(fields['error']));
    const errors = await waitFor('both', () => (found().length >= 2 ? found() : undefined), { limitMs: 15_000 });
    assert.is(errors[0], 'thrown');
    assert.match(errors[1] ?? '', /^This is not a message for reply to test\.double: n: /);
  });

  it('refuses a question that is not valid, with the reason and what came', async (scope) => {
    const { us, them, logged } = await startPeers(scope);
    const refused: [string, unknown][] = [];
    const refuse = (reason: string, raw: unknown) => {
      refused.push([reason, raw]);
      return { n: -1 };
    };
    scope.use(them.answer(double, ({ n }) => ({ n }), { refuse }));
    await them.flush();
    const ask = async (payload: string) =>
      (await Bus.connectionOf(us).request(double.name, payload, { timeout: 2_000 })).json();

    assert.equal(await ask('{not json'), { n: -1 });
    assert.equal(await ask('{"n":"1"}'), { n: -1 });

    assert.equal(refused[0], ['it is not JSON', '{not json']);
    assert.equal(refused[1]?.[1], { n: '1' });
    assert.is(logged('message refused').length, 2);
  });

  it('refuses with a valid answer or none', async (scope) => {
    const { us, them, logged } = await startPeers(scope);
    scope.use(them.answer(double, ({ n }) => ({ n }), { refuse: () => ({ n: 'no' }) as never }));
    await them.flush();

    await thrownBy(() => Bus.connectionOf(us).request(double.name, '{}', { timeout: 30 }));

    assert.match(String(logged('message not handled')[0]?.fields['error']), /^This is not a message for reply to/);
  });
});
