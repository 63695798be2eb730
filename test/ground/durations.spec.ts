import * as assert from 'uvu/assert';
import { secondsOf } from '#ground/durations.ts';
import { describe } from '../support/spec.ts';

describe('a length of time', (it) => {
  it('is read in days, hours, minutes and seconds', () => {
    const times: [string, number][] = [
      ['1s', 1],
      ['90s', 90],
      ['10m', 600],
      ['1h30m', 5_400],
      ['2d', 172_800],
      ['1d2h3m4s', 93_784],
    ];

    for (const [text, seconds] of times) assert.is(secondsOf(text), seconds, text);
  });

  it('has a unit, and is not nothing', () => {
    for (const text of ['', '10', 'm', '0s', '-1s', '1.5h', '1 m', '10min', 'never', '9'.repeat(10).concat('s')]) {
      assert.is(secondsOf(text), undefined, text);
    }
  });
});
