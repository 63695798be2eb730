import * as assert from 'uvu/assert';
import { LineSplitter } from '#components/dea/split-lines.ts';
import { describe } from '../../support/spec.ts';

const bytes = (text: string) => Buffer.from(text);

describe('line splitter', (it) => {
  it('hands out lines when their end has come', () => {
    const lines = new LineSplitter(100);

    assert.equal(lines.push(bytes('one\ntw')), ['one']);
    assert.is(lines.pendingBytes, 2);
    assert.equal(lines.push(bytes('o\n\nthree\n')), ['two', '', 'three']);
    assert.is(lines.pendingBytes, 0);
  });

  it('takes both line ends', () => {
    assert.equal(new LineSplitter(100).push(bytes('one\r\ntwo\rthree\n')), ['one', 'two\rthree']);
  });

  it('puts characters together that came in parts', () => {
    const lines = new LineSplitter(100);
    const [first, second] = [bytes('grün').subarray(0, 3), bytes('grün\n').subarray(3)];

    assert.equal(lines.push(first), []);
    assert.equal(lines.push(second), ['grün']);
  });

  it('replaces bytes that are no text', () => {
    assert.equal(new LineSplitter(100).push(Buffer.from([0x61, 0xff, 0x62, 0x0a])), ['a\ufffdb']);
  });

  it('cuts long lines between two characters', () => {
    const lines = new LineSplitter(4);

    assert.equal(lines.push(bytes('abcdefghij\n')), ['abcd', 'efgh', 'ij']);
    assert.equal(lines.push(bytes('abcü\n')), ['abc', 'ü']);
    assert.equal(lines.push(bytes('abcd\n')), ['abcd']);
    assert.equal(lines.push(bytes('ab😀😀')), ['ab', '😀']);
  });

  it('keeps no more than a line in memory', () => {
    const lines = new LineSplitter(16);

    const handedOut = lines.push(Buffer.alloc(100_000, 'x')).join('').length;

    assert.is(handedOut + lines.pendingBytes, 100_000);
    assert.ok(lines.pendingBytes <= 16);
  });

  it('hands out an unfinished line on request', () => {
    const lines = new LineSplitter(100);
    lines.push(bytes('prompt> '));

    assert.is(lines.flush(), 'prompt> ');
    assert.is(lines.flush(), undefined);
  });
});
