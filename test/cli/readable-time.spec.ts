import * as assert from 'uvu/assert';
import { readableDuration, readableTime } from '#cli/readable-time.ts';
import { describe } from '../support/spec.ts';

describe('readable time', (it) => {
  it('tells a duration in its two largest units', () => {
    const cases: [number, string][] = [
      [0, '0s'],
      [-3, '0s'],
      [59.9, '59s'],
      [60, '1m 0s'],
      [3_661, '1h 1m'],
      [86_400 * 2 + 3_600 * 3 + 59, '2d 3h'],
    ];
    for (const [seconds, text] of cases) assert.is(readableDuration(seconds), text);
  });

  it('tells a moment in local time', () => {
    assert.is(readableTime(new Date(2026, 10, 1, 9, 5, 7)), '2026-11-01 09:05:07');
  });
});
