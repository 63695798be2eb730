import { randomUUID } from 'node:crypto';
import * as assert from 'uvu/assert';
import { instanceVariable, ProcessCensus } from '#components/dea/process-census.ts';
import { type Watched, watchUsage } from '#components/dea/watch-usage.ts';
import { startChild } from '#ground/child.ts';
import { silentLog } from '#ground/log.ts';
import { waitFor } from '#ground/wait.ts';
import { scratchDirectory } from '../../support/scratch.ts';
import { describe, type Scope } from '../../support/spec.ts';

/** Watches a process that is busy. @param memoryLimitsMb for the first samples; the last one stays */
async function watchBusy(scope: Scope, memoryLimitsMb: number[], diskMb = 1) {
  const id = randomUUID();
  const env = { PATH: process.env['PATH'] ?? '', [instanceVariable]: id };
  scope.use(await startChild({ program: '/bin/sh', args: ['-c', 'while :; do :; done'], env, graceMs: 0 }));
  const exceeded: string[] = [];
  let samples = 0;
  const watched: Watched = {
    record: {
      id,
      diskMb,
      get memoryMb() {
        samples += 1;
        return (memoryLimitsMb.length > 1 ? memoryLimitsMb.shift() : memoryLimitsMb[0]) ?? 0;
      },
    },
    directory: await scratchDirectory(scope),
    usage: undefined,
    exceeded: (what) => void exceeded.push(what),
  };
  const stop = new AbortController();
  const watching = watchUsage({
    census: new ProcessCensus(),
    instances: () => [watched],
    memoryEveryMs: 30,
    diskEveryMs: 30,
    log: silentLog,
    signal: stop.signal,
  });
  scope.defer(() => {
    stop.abort(new Error('The test ends.'));
    return watching;
  });
  const untilSample = (count: number) =>
    waitFor(`${count} samples`, () => (samples >= count ? true : undefined), { limitMs: 15_000 });
  return { watched, exceeded, untilSample };
}

describe('usage', (it) => {
  it('is memory, and the share of a processor', async (scope) => {
    const { watched, exceeded, untilSample } = await watchBusy(scope, [1000]);

    await untilSample(2);
    // The system counts in steps of 10 ms, which may pass by a single sample.
    await waitFor('a busy sample', () => ((watched.usage?.cpuPercent ?? 0) > 5 ? true : undefined), {
      limitMs: 15_000,
    });

    const memoryBytes = watched.usage?.memoryBytes ?? 0;
    assert.ok(memoryBytes > 500_000 && memoryBytes < 10_000_000, String(memoryBytes));
    assert.equal(exceeded, []);
  });

  it('is too much memory only in a second sample', async (scope) => {
    const once = await watchBusy(scope, [0, 1000, 0, 1000]);
    await once.untilSample(8);
    assert.equal(once.exceeded, []);

    const twice = await watchBusy(scope, [0, 0, 1000]);
    await twice.untilSample(4);
    assert.equal(twice.exceeded, ['memory']);
  });

  it('is too much disk at once', async (scope) => {
    const { exceeded } = await watchBusy(scope, [1000], -1);
    await waitFor('the verdict', () => exceeded[0], { limitMs: 15_000 });
    assert.is(exceeded[0], 'disk');
  });
});
