import * as assert from 'uvu/assert';
import { columnsOf, widthOf } from '#cli/columns.ts';
import { describe } from '../support/spec.ts';

describe('columns', (it) => {
  it('stand under each other, two blanks apart, with nothing at the end of a line', () => {
    assert.equal(
      columnsOf([
        ['name', 'state', ''],
        ['hello', 'running', ''],
        ['a', 'x', 'y'],
      ]),
      ['name   state', 'hello  running', 'a      x        y'],
    );
  });

  it('count what a terminal shows, not what a string holds', () => {
    assert.is(widthOf('日本'), 4);
    assert.is(widthOf('e\u0301'), 1);
    assert.is(widthOf('🚀'), 2);
    assert.equal(
      columnsOf([
        ['日本', 'x'],
        ['abcd', 'y'],
      ]),
      ['日本  x', 'abcd  y'],
    );
  });

  it('are cut at the width of the terminal, and never by half a character', () => {
    const lines = columnsOf(
      [
        ['name', 'a long text that does not fit'],
        ['日本語日本語', 'x'],
      ],
      10,
    );

    assert.equal(lines, ['name     …', '日本語日…']);
    for (const line of lines) assert.ok(widthOf(line) <= 10);
  });

  it('are never cut for programs', () => {
    const long = 'x'.repeat(500);
    assert.equal(columnsOf([['a', long]]), [`a  ${long}`]);
  });
});
