import { isDeepStrictEqual } from 'node:util';
import * as assert from 'uvu/assert';
import * as v from 'valibot';
import { logBatches } from '#contract/logs.ts';
import { routerRegister } from '#contract/routes.ts';
import type { Subject } from '#ground/subject.ts';
import { describe } from '../support/spec.ts';
import { recordedExamples } from './subjects.ts';

const count = 20_000;

const oddities: readonly unknown[] = [
  ...[undefined, null, '', 'x', '0', '\u0000', 'é', 0, -0, 1, -1, 1.5, 65_535, 65_536, 1e308, Number.NaN, true, false],
  ...[[], ['x'], [''], [null], ['x', 1], [[]], {}, { x: 'y' }, { x: null }, { x: 1 }, { constructor: 'x' }],
  ...[{ prototype: 'x' }, JSON.parse('{"__proto__":"x"}'), { length: 1 }, { 0: 'x' }],
];

const route = {
  host: '127.0.0.1',
  port: 61_001,
  uris: ['a.localhost', 'b.localhost/api'],
  app: 'guid',
  dea: 'dea',
  tags: { component: 'dea', x: null },
  private_instance_id: 'id',
  private_instance_index: '0',
  version: '2fd4e1c67a2d28fced849ee1bb76e7391b93eb12-2',
};

const line = { timestamp: '1', stream: 'OUT', text: 'hello' };
const batch = { source_id: 'guid', instance_id: '0', source_type: 'RTR', lines: [line, { ...line, stream: 'ERR' }] };

describe('the quick check of a message', (it) => {
  it('says of registrations what the schema says', () => checkAgreement(routerRegister, route));

  it('says of log lines what the schema says', () => {
    checkAgreement(logBatches, batch);
    checkAgreement(logBatches, line, (changed) => ({ ...batch, lines: [line, changed] }));
  });

  it('knows the messages that are usual', async () => {
    const examples = await recordedExamples();

    for (const subject of [routerRegister, logBatches] as readonly Subject<unknown>[]) {
      const { messages } = examples.get(subject.name.replace('*', '_')) ??
        examples.get(subject.name) ?? { messages: [] };
      assert.ok(messages.length > 0, `there are examples of ${subject.name}`);
      assert.ok(messages.some(({ body }) => subject.isPlain?.(body)));
    }
  });
});

/** Changes a message in thousands of ways, and compares the two on each. */
function checkAgreement<T>(
  { schema, isPlain }: Subject<T>,
  usual: Readonly<Record<string, unknown>>,
  wrap: (changed: unknown) => unknown = (changed) => changed,
): void {
  const random = randomOf(1);
  let plain = 0;
  for (let at = 0; at < count; at += 1) {
    const message = wrap(changedAtRandom(usual, random));
    const checked = v.safeParse(schema, message);
    const isLeft = checked.success && isDeepStrictEqual(checked.output, message);
    assert.is(isPlain?.(message), isLeft, `message ${at}: ${JSON.stringify(message)}`);
    if (isLeft) plain += 1;
  }
  for (const oddity of oddities) assert.is(isPlain?.(oddity), false);
  assert.ok(plain > count / 20 && plain < count / 1.05, `${plain} of ${count} are plain`);
}

function changedAtRandom(usual: Readonly<Record<string, unknown>>, random: (below: number) => number): unknown {
  const changed: Record<string, unknown> = { ...usual };
  const names = [...Object.keys(usual), 'unknown', 'host '];
  for (let left = random(4); left > 0; left -= 1) {
    const name = names[random(names.length)] ?? '';
    if (random(4) === 0) delete changed[name];
    else changed[name] = oddities[random(oddities.length)];
  }
  return changed;
}

/** Always the same numbers. */
function randomOf(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return (state >>> 8) % below;
  };
}
