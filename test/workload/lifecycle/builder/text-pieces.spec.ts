import * as assert from 'uvu/assert';
import { TextPieces } from '#workload/lifecycle/builder/text-pieces.ts';
import { describe } from '../../../support/spec.ts';

describe('output in pieces', (it) => {
  it('comes by whole lines, however it was cut', () => {
    const bytes = Buffer.from('first\nsécond ✓\nlast');
    for (let size = 1; size <= bytes.length; size++) {
      const pieces = new TextPieces('');
      const came: string[] = [];
      for (let at = 0; at < bytes.length; at += size) came.push(pieces.add(bytes.subarray(at, at + size)));
      for (const piece of came) assert.ok(piece === '' || piece.endsWith('\n'), piece);
      assert.is(came.join('') + pieces.end(), bytes.toString());
    }
  });

  it('does not hold a line without end, and marks where it was cut', () => {
    const pieces = new TextPieces('\n');
    const chunk = Buffer.alloc(10_000, 'x');
    assert.is(pieces.add(chunk), '');
    assert.is(pieces.add(chunk), `${'x'.repeat(20_000)}\n`);
    assert.is(pieces.add(Buffer.from('end')), '');
    assert.is(pieces.end(), 'end');
  });
});
