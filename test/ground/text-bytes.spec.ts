import * as assert from 'uvu/assert';
import { textBytes } from '#ground/text-bytes.ts';
import { describe } from '../support/spec.ts';

describe('the bytes of a text', (it) => {
  it('are those of UTF-8, whatever is in it', () => {
    const long = 'a'.repeat(70_000);
    const short = ['', 'a', '\0\x7f', '\x80', 'ÿ', 'ééé', '€', '👍', '\ud800', 'a\udc00b'];

    for (const text of [...short, long, `${long}ÿ`, `é${long}`])
      assert.equal([...textBytes(text)], [...new TextEncoder().encode(text)]);
  });
});
