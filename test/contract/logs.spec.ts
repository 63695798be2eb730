import * as assert from 'uvu/assert';
import { nextTimestamp } from '#contract/logs.ts';
import { describe } from '../support/spec.ts';

describe('the moment of a log line', (it) => {
  it('is now, in nanoseconds', () => {
    const distanceMs = Math.abs(Number(BigInt(nextTimestamp()) / 1_000_000n) - Date.now());

    assert.ok(distanceMs < 1_000, `${distanceMs} ms from now`);
  });

  it('is another and a later one for each line', () => {
    const moments = Array.from({ length: 10_000 }, () => BigInt(nextTimestamp()));

    moments.forEach((moment, at) => {
      if (at > 0) assert.ok(moment > (moments[at - 1] ?? moment));
    });
  });
});
