import * as assert from 'uvu/assert';
import type { LogQuery, StoredLine } from '#components/log-cache/envelope.ts';
import { RecentLines } from '#components/log-cache/recent-lines.ts';
import { describe } from '../../support/spec.ts';

const everything: LogQuery = { startNs: 0n, endNs: 2n ** 63n, limit: 10_000, descending: false };
const lineAt = (time: number, text = `line ${time}`): StoredLine => ({
  t: String(time),
  s: 'APP/PROC/WEB',
  i: '0',
  e: false,
  m: text,
});

/** With a line for each time, `together` of them at once. */
function recentLines(times: readonly number[], { together = 1, text }: { together?: number; text?: string } = {}) {
  const recent = new RecentLines();
  for (let at = 0; at < times.length; at += together) {
    recent.add(times.slice(at, at + together).map((time) => lineAt(time, text)));
  }
  return recent;
}
const timesIn = (recent: RecentLines, query: Partial<LogQuery> = {}) =>
  recent.select({ ...everything, ...query }).map(({ t }) => Number(t));
const upTo = (count: number) => Array.from({ length: count }, (_, index) => index + 1);

describe('recent lines', (it) => {
  it('gives back what was added, whatever is in it', () => {
    const recent = new RecentLines();
    const odd: StoredLine = { t: '7', s: 'STG', i: '3', e: true, m: 'a "quoted" line\nof two: ü€\u{1F600}' };

    recent.add([odd, lineAt(8)]);
    recent.add([]);

    assert.equal(recent.select(everything), [odd, lineAt(8)]);
    assert.equal([recent.count, recent.oldestNs], [2, 7n]);
  });

  it('selects by time, from either end, over any number of blocks', () => {
    const recent = recentLines(upTo(3_000), { together: 7, text: 'x'.repeat(150) });

    assert.equal(timesIn(recent), upTo(3_000));
    assert.equal(timesIn(recent, { startNs: 1_234n, endNs: 1_237n }), [1_234, 1_235, 1_236]);
    assert.equal(timesIn(recent, { startNs: 2_999n, limit: 5 }), [2_999, 3_000]);
    assert.equal(timesIn(recent, { limit: 2 }), [1, 2]);
    assert.equal(timesIn(recent, { descending: true, limit: 3 }), [3_000, 2_999, 2_998]);
    assert.equal(timesIn(recent, { descending: true, endNs: 12n, limit: 2 }), [11, 10]);
    assert.equal(timesIn(recent, { startNs: 3_001n }), []);
  });

  it('finds lines that came out of order', () => {
    const recent = recentLines([5, 3, 9, 4, 1_000, 8], { together: 2 });

    assert.equal(timesIn(recent, { startNs: 4n, endNs: 9n }), [5, 4, 8]);
    assert.is(recent.oldestNs, 3n);
  });

  it('forgets the oldest, and keeps what it is told to keep at least', () => {
    const recent = recentLines(upTo(5_000), { together: 10, text: 'x'.repeat(150) });

    recent.trimTo(1_000);

    const kept = timesIn(recent);
    assert.ok(kept.length >= 1_000 && kept.length < 2_000, String(kept.length));
    assert.equal(kept, upTo(5_000).slice(-kept.length));
    assert.equal([recent.count, recent.oldestNs], [kept.length, BigInt(kept[0] ?? 0)]);
  });

  it('takes the room of what it forgot again, and more where a line needs it', () => {
    const recent = new RecentLines();
    for (let round = 0; round < 50; round += 1) {
      recent.add(upTo(100).map((number) => lineAt(1_000 * round + number, `${round} ${'x'.repeat(150)}`)));
      recent.trimTo(1_000);
    }
    const large = lineAt(100_000, 'y'.repeat(200_000));
    recent.add([large]);

    const lines = recent.select(everything);
    assert.equal(lines.at(-1), large);
    for (const { t, m } of lines.slice(0, -1)) assert.ok(m.startsWith(`${Math.floor(Number(t) / 1_000)} x`), m);

    recent.clear();
    assert.equal([recent.count, recent.oldestNs, recent.select(everything)], [0, undefined, []]);
  });
});
