import * as assert from 'uvu/assert';
import { ApiClient } from '#cli/api-client.ts';
import { LogReader } from '#cli/log-reader.ts';
import { describe, type Scope } from '../support/spec.ts';
import { logAnswer, type RecordedAnswer, type RecordedRequest, recordedApi } from './recorded-api.ts';

const path = 'GET /api/v1/read/app-1';

async function readerOf(scope: Scope, answer: (request: RecordedRequest) => RecordedAnswer | Promise<RecordedAnswer>) {
  const api = await recordedApi(scope, { [path]: answer });
  const client = await ApiClient.open({ home: api.home, signal: new AbortController().signal });
  return { ...api, reader: new LogReader(client, 'app-1') };
}

const seconds = (at: bigint) => Number(at / 1_000_000_000n);

describe('log reader', (it) => {
  it('asks the log store of the domain for the newest lines and returns them oldest first', async (scope) => {
    const { reader, requests } = await readerOf(scope, () =>
      logAnswer([
        [30, 'APP/PROC/WEB', 'zwei ✓'],
        [20, 'STG', 'one'],
      ]),
    );

    const lines = await reader.recent(2);

    assert.equal(
      lines.map(({ at, source, text, instance, stream }) => [seconds(at), source, text, instance, stream]),
      [
        [20, 'STG', 'one', '0', 'OUT'],
        [30, 'APP/PROC/WEB', 'zwei ✓', '0', 'OUT'],
      ],
    );
    const [request] = requests;
    assert.match(request?.headers.host ?? '', /^log-cache\.localhost:\d+$/);
    assert.is(request?.query.get('descending'), 'true');
    assert.is(request?.query.get('limit'), '2');
    assert.is(request?.query.get('envelope_types'), 'LOG');
    assert.ok(Number(request?.query.get('start_time')) < 0);
  });

  it('follows from one line to the next without showing one twice', async (scope) => {
    const stop = new AbortController();
    const all: [number, string, string][] = [
      [1, 'STG', 'a'],
      [2, 'STG', 'b'],
      [3, 'STG', 'c'],
      [4, 'STG', 'd'],
    ];
    let there = 2;
    const { reader } = await readerOf(scope, ({ query }) => {
      const from = BigInt(query.get('start_time') ?? 0);
      const lines = all.slice(0, there).filter(([second]) => BigInt(second) * 1_000_000_000n >= from);
      there = Math.min(all.length, there + 1);
      return logAnswer(lines);
    });

    const seen: string[] = [];
    for await (const lines of reader.follow(2_000_000_000n, stop.signal)) {
      seen.push(...lines.map(({ text }) => text));
      if (seen.length === 3) stop.abort();
    }

    assert.equal(seen, ['b', 'c', 'd']);
  });

  it('shows a line that arrived after a later one', async (scope) => {
    const stop = new AbortController();
    const stored: [number, string, string][] = [
      [10, 'APP/PROC/WEB', 'first'],
      [12, 'APP/PROC/WEB', 'third'],
    ];
    let asked = 0;
    const { reader } = await readerOf(scope, ({ query }) => {
      asked += 1;
      if (asked === 2) stored.splice(1, 0, [11.5, 'APP/PROC/WEB', 'second']);
      const from = BigInt(query.get('start_time') ?? 0);
      return logAnswer(stored.filter(([second]) => BigInt(second * 1000) * 1_000_000n >= from));
    });

    const seen: string[] = [];
    for await (const lines of reader.follow(0n, stop.signal)) {
      seen.push(...lines.map(({ text }) => text));
      if (seen.length === 3) stop.abort();
    }

    assert.equal(seen, ['first', 'third', 'second']);
  });

  it('does not ask without a pause when there is nothing', async (scope) => {
    const { reader, requests } = await readerOf(scope, () => logAnswer([]));
    const stop = new AbortController();
    setTimeout(() => stop.abort(), 300);

    for await (const lines of reader.follow(0n, stop.signal)) assert.unreachable(String(lines));

    assert.ok(requests.length <= 8, String(requests.length));
  });

  it('remembers where the log ends, and does not wait for an answer that is held back', async (scope) => {
    const filled = await readerOf(scope, () => logAnswer([[7, 'STG', 'old']]));
    const mark = filled.reader.mark();
    assert.is(await mark.settle(15_000), 7_000_000_001n);

    const held = await readerOf(scope, () => new Promise<never>(() => {}));
    assert.ok((await held.reader.mark().settle()) < 0n);
  });

  it('tells of a log store that refuses', async (scope) => {
    const { reader } = await readerOf(scope, () => ({ status: 400, body: { error: 'limit must be a number' } }));

    try {
      await reader.recent(5);
      assert.unreachable();
    } catch (error) {
      assert.match(String(error), /GET \/api\/v1\/read\/app-1.*got status 400/);
    }
  });
});
