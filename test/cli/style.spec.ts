import * as assert from 'uvu/assert';
import { printable, styleFor } from '#cli/style.ts';
import { describe } from '../support/spec.ts';

const terminal = { write: () => {}, isTTY: true };
const pipe = { write: () => {} };

describe('style', (it) => {
  it('colours on a terminal only', () => {
    assert.is(styleFor(terminal, {}).red('no'), '\u001b[31mno\u001b[39m');
    assert.is(styleFor(pipe, {}).red('no'), 'no');
    assert.is(styleFor(terminal, { TERM: 'dumb' }).red('no'), 'no');
  });

  it('honours NO_COLOR and FORCE_COLOR', () => {
    assert.is(styleFor(terminal, { NO_COLOR: '1' }).bold('x'), 'x');
    assert.is(styleFor(terminal, { NO_COLOR: '', FORCE_COLOR: '' }).bold('x'), '\u001b[1mx\u001b[22m');
    assert.is(styleFor(pipe, { FORCE_COLOR: '1' }).bold('x'), '\u001b[1mx\u001b[22m');
    assert.is(styleFor(terminal, { FORCE_COLOR: '0' }).bold('x'), 'x');
    assert.is(styleFor(terminal, { FORCE_COLOR: '1', NO_COLOR: '1' }).bold('x'), 'x');
  });

  it('takes from foreign text what would move the cursor', () => {
    assert.is(printable('one\u001b[2Jtwo\nthree\u009b4m'), 'one [2Jtwo three 4m');
    assert.is(printable('plain ünïcödé 日本'), 'plain ünïcödé 日本');
  });
});
