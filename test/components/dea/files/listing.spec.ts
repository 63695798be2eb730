import * as assert from 'uvu/assert';
import { listingOf } from '#components/dea/files/listing.ts';
import { describe } from '../../../support/spec.ts';

const sizeOf = (bytes: number) => listingOf([{ name: 'a', bytes }]).slice(36);

describe('listing of a directory', (it) => {
  it('has the columns of 2012, is sorted, and ends without a line end', () => {
    const listing = listingOf([
      { name: 'stdout.log', bytes: 1234 },
      { name: 'app', bytes: undefined },
      { name: 'a-name-of-more-than-thirty-five-letters', bytes: 51 },
    ]);

    assert.is(
      listing,
      [
        'a-name-of-more-than-thirty-five-letters        51B',
        'app/                                         -',
        'stdout.log                                1.2K',
      ].join('\n'),
    );
    assert.is(listingOf([]), '');
  });

  it('tells sizes in powers of 1024', () => {
    assert.equal(
      [0, 1023, 1024, 2 ** 20 - 1, 2 ** 20, 2.5 * 2 ** 30, 3 * 2 ** 40].map(sizeOf).map((text) => text.trim()),
      ['0B', '1023B', '1.0K', '1024.0K', '1.0M', '2.5G', '3.0T'],
    );
  });
});
