import * as assert from 'uvu/assert';
import { rangeOf } from '#components/dea/files/byte-range.ts';
import { describe } from '../../../support/spec.ts';

describe('range of a file', (it) => {
  it('is what the header asks for, as far as the file goes', () => {
    assert.equal(rangeOf('bytes=0-3', 10), { start: 0, end: 3 });
    assert.equal(rangeOf('bytes=5-', 10), { start: 5, end: 9 });
    assert.equal(rangeOf('bytes=5-99', 10), { start: 5, end: 9 });
    assert.equal(rangeOf('bytes=-4', 10), { start: 6, end: 9 });
    assert.equal(rangeOf('bytes=-99', 10), { start: 0, end: 9 });
  });

  it('is the whole file where the header asks for nothing that can be understood', () => {
    for (const header of [undefined, '', 'bytes=-', 'bytes=3-1', 'bytes=0-1,4-5', 'lines=1-2', 'bytes=a-b']) {
      assert.is(rangeOf(header, 10), undefined, header);
    }
  });

  it('cannot be had where the file has no such part', () => {
    assert.is(rangeOf('bytes=10-', 10), 'unsatisfiable');
    assert.is(rangeOf('bytes=-0', 10), 'unsatisfiable');
    assert.is(rangeOf('bytes=0-', 0), 'unsatisfiable');
  });
});
