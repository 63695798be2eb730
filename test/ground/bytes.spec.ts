import * as assert from 'uvu/assert';
import { megabytesOf, readableSize } from '#ground/bytes.ts';
import { describe } from '../support/spec.ts';

describe('a size for people', (it) => {
  it('has the largest unit that leaves a whole number, with one digit behind the point below ten', () => {
    const sizes: [number, string][] = [
      [0, '0B'],
      [1, '1B'],
      [1023, '1023B'],
      [1024, '1.0K'],
      [1229, '1.2K'],
      [10 * 1024, '10K'],
      [30 * 1024 ** 2, '30M'],
      [1.5 * 1024 ** 3, '1.5G'],
      [2 * 1024 ** 4, '2.0T'],
      [5000 * 1024 ** 4, '5000T'],
    ];

    for (const [bytes, text] of sizes) assert.is(readableSize(bytes), text);
  });

  it('goes over to the next unit where rounding reaches it', () => {
    assert.is(readableSize(1024 ** 2 - 1), '1.0M');
    assert.is(readableSize(10 * 1024 - 1), '10K');
  });
});

describe('a size of a person', (it) => {
  it('is read with and without unit, in either case, with blanks around', () => {
    const sizes: [string, number][] = [
      ['256M', 256],
      ['256m', 256],
      ['512MB', 512],
      ['512 mb', 512],
      ['2048', 2048],
      ['1G', 1024],
      ['1.5G', 1536],
      [' 1gb ', 1024],
      ['1T', 1024 * 1024],
      ['0', 0],
    ];

    for (const [text, megabytes] of sizes) assert.is(megabytesOf(text), megabytes, text);
  });

  it('is nothing when it is no size', () => {
    for (const text of ['', 'M', '-1M', '1,5G', '1e3', '256K', '256X', '1G2', 'NaN', '1..5G', '٣M']) {
      assert.is(megabytesOf(text), undefined, text);
    }
  });
});
