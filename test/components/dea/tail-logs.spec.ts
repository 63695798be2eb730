import { closeSync, openSync, writeSync } from 'node:fs';
import { appendFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { LogTail, type Positions } from '#components/dea/tail-logs.ts';
import type { LogLine } from '#contract/logs.ts';
import { waitFor } from '#ground/wait.ts';
import { scratchDirectory } from '../../support/scratch.ts';
import { describe, type Scope } from '../../support/spec.ts';

interface TailSettings {
  readonly directory?: string;
  readonly from?: Positions;
  readonly heard?: () => Promise<void>;
  readonly maxFileBytes?: number;
  readonly partialLineMs?: number;
  readonly bufferBytes?: number;
}

async function openTail(scope: Scope, settings: TailSettings = {}) {
  const directory = settings.directory ?? join(await scratchDirectory(scope), 'logs');
  await mkdir(directory, { recursive: true });
  const batches: (readonly LogLine[])[] = [];
  const complaints: string[] = [];
  const reached: { positions: Positions } = { positions: {} };
  const tail = new LogTail({
    directory,
    from: settings.from ?? {},
    buffer: Buffer.alloc(settings.bufferBytes ?? 64 * 1024),
    publish: (lines) => void batches.push(lines),
    heard: settings.heard ?? (async () => {}),
    onPositions: (positions) => {
      reached.positions = positions;
    },
    onDropped: (text) => void complaints.push(text),
    maxFileBytes: settings.maxFileBytes ?? 1_000_000,
    batchMs: 5,
    partialLineMs: settings.partialLineMs ?? 1_000,
  });
  scope.defer(() => tail[Symbol.asyncDispose]());
  const texts = () => batches.flat().map(({ text }) => text);
  const until = (count: number) =>
    waitFor(`${count} lines`, () => (texts().length >= count ? true : undefined), { limitMs: 15_000 });
  return { directory, tail, batches, complaints, reached, texts, until };
}

describe('log tail', (it) => {
  it('delivers both outputs of the app and the complaints of its start', async (scope) => {
    const { directory, batches, until } = await openTail(scope);

    await appendFile(join(directory, 'stdout.log'), 'out\n');
    await appendFile(join(directory, 'stderr.log'), 'err\n');
    await appendFile(join(directory, 'startup.log'), 'no such program\n');
    await until(3);

    const streams = Object.fromEntries(batches.flat().map(({ text, stream }) => [text, stream]));
    assert.equal(streams, { out: 'OUT', err: 'ERR', 'no such program': 'ERR' });
  });

  it('delivers soon after lines are written', async (scope) => {
    const { directory, until } = await openTail(scope);
    await appendFile(join(directory, 'stdout.log'), 'first\n');
    await until(1);

    const times: number[] = [];
    for (let count = 2; count <= 6; count += 1) {
      const startedAt = performance.now();
      await appendFile(join(directory, 'stdout.log'), 'another\n');
      await until(count);
      times.push(performance.now() - startedAt);
    }

    assert.ok(Math.min(...times) < 500, 'the system tells of changes: nobody waits for the regular look');
  });

  it('gives each line a moment of its own, in order', async (scope) => {
    const { directory, batches, until } = await openTail(scope);

    await appendFile(join(directory, 'stdout.log'), 'a\nb\nc\n'.repeat(100));
    await until(300);

    const moments = batches.flat().map(({ timestamp }) => BigInt(timestamp));
    assert.ok(moments.every((moment, at) => at === 0 || moment > (moments[at - 1] ?? 0n)));
  });

  it('makes batches of at most a hundred lines and a bounded size', async (scope) => {
    const { directory, batches, until } = await openTail(scope, { bufferBytes: 4_000_000, maxFileBytes: 9_000_000 });

    await appendFile(join(directory, 'stdout.log'), 'a\n'.repeat(250));
    await appendFile(join(directory, 'stderr.log'), `${'b'.repeat(16_000)}\n`.repeat(50));
    await until(300);

    assert.ok(batches.every((batch) => batch.length <= 100));
    assert.ok(batches.every((batch) => batch.reduce((sum, { text }) => sum + text.length, 0) <= 200_000));
  });

  it('delivers an unfinished line after a while', async (scope) => {
    const { directory, texts, until } = await openTail(scope, { partialLineMs: 50 });

    await appendFile(join(directory, 'stdout.log'), 'password: ');
    await until(1);

    assert.equal(texts(), ['password: ']);
  });

  it('delivers everything that is left when the app has ended', async (scope) => {
    const { directory, tail, texts } = await openTail(scope);
    await appendFile(join(directory, 'stdout.log'), 'a\nb\nno end');

    await tail.finish(15_000);

    assert.equal(texts(), ['a', 'b', 'no end']);
    assert.equal(tail.lastLines, ['a', 'b', 'no end']);
  });

  it('knows the last complaints, or the last lines where there were none', async (scope) => {
    const { directory, tail } = await openTail(scope);

    await appendFile(join(directory, 'stdout.log'), '1\n2\n3\n4\n');
    tail.catchUp();
    assert.equal(tail.lastLines, ['2', '3', '4']);

    await appendFile(join(directory, 'stderr.log'), 'bad\n');
    tail.catchUp();
    assert.equal(tail.lastLines, ['bad']);
  });

  it('delivers each line once across two readers', async (scope) => {
    const first = await openTail(scope);
    await appendFile(join(first.directory, 'stdout.log'), 'one\ntwo\nthr');
    await first.until(2);
    await waitFor('the positions', () => first.reached.positions['stdout.log'], { limitMs: 15_000 });
    await first.tail[Symbol.asyncDispose]();
    await appendFile(join(first.directory, 'stdout.log'), 'ee\nfour\n');

    const second = await openTail(scope, { directory: first.directory, from: first.reached.positions });
    await second.until(2);

    assert.equal(first.texts(), ['one', 'two']);
    assert.equal(second.texts(), ['three', 'four']);
  });

  it('says lines again that nobody can have heard, and reads no further meanwhile', async (scope) => {
    let isAway = true;
    const heard = async () => {
      if (isAway) throw new Error('the bus is away');
    };
    const { directory, batches, texts, until, reached } = await openTail(scope, { heard });
    await appendFile(join(directory, 'stdout.log'), 'one\n');
    await until(1);
    await appendFile(join(directory, 'stdout.log'), 'two\n');
    assert.equal(reached.positions, {});

    isAway = false;
    await waitFor('the second line', () => (texts().includes('two') ? true : undefined), { limitMs: 15_000 });

    assert.ok(batches.length >= 3, 'the first line came at least twice');
    assert.is(new Set(texts()).size, 2);
  });

  it('takes a flood in bounded steps, and tells what was left out', async (scope) => {
    const { directory, tail, complaints, texts } = await openTail(scope, { bufferBytes: 8192, maxFileBytes: 200_000 });
    const descriptor = openSync(join(directory, 'stdout.log'), 'w');
    scope.defer(() => closeSync(descriptor));

    for (let megabytes = 0; megabytes < 20; megabytes += 1) {
      writeSync(descriptor, `${'f'.repeat(99)}\n`.repeat(10_000));
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    writeSync(descriptor, 'done\n');
    await tail.finish(15_000);

    assert.is(texts().at(-1), 'done');
    assert.ok(texts().length < 100_000, 'not all of it');
    assert.match(
      complaints[0] ?? '',
      /^\d.* of stdout\.log were left out: the app writes faster than its log is read\.$/,
    );
  });
});
