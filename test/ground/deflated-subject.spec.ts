import { constants, deflateRawSync, deflateSync, inflateSync } from 'node:zlib';
import * as assert from 'uvu/assert';
import * as v from 'valibot';
import { Bus } from '#ground/bus.ts';
import { deflatedSubject } from '#ground/subject.ts';
import { waitFor } from '#ground/wait.ts';
import { describe } from '../support/spec.ts';
import { startPeers } from './bus-peers.ts';

const names = deflatedSubject('test.names', v.array(v.string()));
const mebibyte = 1024 * 1024;

/** So many MiB of blanks: a block of 16 MiB, repeated as often. */
function bombOf(mebibytes: number): Buffer {
  const block = deflateRawSync(Buffer.alloc(16 * mebibyte, ' '), { finishFlush: constants.Z_FULL_FLUSH });
  return Buffer.concat([Buffer.from([0x78, 0x9c]), ...Array(mebibytes / 16).fill(block)]);
}

describe('a deflated message', (it) => {
  it('travels in the format of zlib and arrives as it was', async (scope) => {
    const { us, them } = await startPeers(scope);
    const travelled: Uint8Array[] = [];
    const arrived: string[][] = [];
    const raw = Bus.connectionOf(them).subscribe(names.name, { callback: (_, { data }) => void travelled.push(data) });
    scope.defer(() => raw.unsubscribe());
    scope.use(them.subscribe(names, (message) => void arrived.push(message)));
    await them.flush();
    const many = Array.from({ length: 20_000 }, (_, n) => `name-${n}`);

    us.publish(names, ['a', 'b']);
    us.publish(names, many);
    await waitFor('both', () => arrived[1], { limitMs: 15_000 });

    assert.equal(arrived, [['a', 'b'], many]);
    assert.is(inflateSync(travelled[0] ?? Buffer.of()).toString(), '["a","b"]');
    assert.ok((travelled[1]?.length ?? 0) < JSON.stringify(many).length / 2);
  });

  it('is refused with the reason when it is none, and what comes after it is heard', async (scope) => {
    const { us, them, logged } = await startPeers(scope);
    const arrived: string[][] = [];
    scope.use(them.subscribe(names, (message) => void arrived.push(message)));
    await them.flush();
    const whole = deflateSync('["a"]');

    const broken = ['', '["a"]', whole.subarray(0, 5), deflateSync(''), deflateSync('["a"'), deflateSync('[7]')];
    for (const payload of broken) Bus.connectionOf(us).publish(names.name, payload);
    us.publish(names, ['after']);
    await waitFor('the good one', () => arrived[0], { limitMs: 15_000 });

    assert.equal(arrived, [['after']]);
    const reasons = logged('message refused').map(({ fields }) => String(fields['reason']));
    assert.equal(reasons.slice(0, 3), Array(3).fill('it is no deflated text of at most 4194304 bytes'));
    assert.is(reasons[4], 'it is not JSON');
    assert.match(reasons[5] ?? '', /^0: .*7/);
    assert.is(reasons.length, 6);
  });

  it('that would become a gibibyte is not inflated', async (scope) => {
    const { us, them, logged } = await startPeers(scope);
    const arrived: string[][] = [];
    scope.use(them.subscribe(names, (message) => void arrived.push(message)));
    await them.flush();
    const bomb = bombOf(1_024);
    assert.ok(bomb.length < mebibyte, `it would not fit into a message: ${bomb.length} bytes`);
    const send = async (count: number) => {
      for (let n = 0; n < count; n += 1) {
        Bus.connectionOf(us).publish(names.name, bomb);
        await us.flush();
      }
      us.publish(names, ['after']);
      const before = arrived.length;
      await waitFor('what came after', () => arrived[before], { limitMs: 15_000 });
      return process.memoryUsage.rss();
    };

    const warm = await send(5);
    const end = await send(20);

    assert.is(logged('message refused').length, 25);
    assert.ok(end - warm < 64 * mebibyte, `${(end - warm) / mebibyte} MiB more`);
  });
});
