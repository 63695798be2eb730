import * as assert from 'uvu/assert';
import { buildOf, isSameBuild, kindOf } from '#cli/upgrade/machine.ts';
import { describe } from '../../support/spec.ts';

/** The first bytes of an executable. */
function elf(machine: number, { bits = 64, isBigEndian = false } = {}): Buffer {
  const head = Buffer.alloc(64);
  head.write('\x7fELF', 'latin1');
  head[4] = bits === 64 ? 2 : 1;
  head[5] = isBigEndian ? 2 : 1;
  if (isBigEndian) head.writeUInt16BE(machine, 18);
  else head.writeUInt16LE(machine, 18);
  return head;
}

describe('the machine of an executable', (it) => {
  it('stands in its first bytes', () => {
    assert.equal(buildOf(elf(62)), { machine: 'x86_64', bits: 64 });
    assert.equal(buildOf(elf(183)), { machine: 'arm64', bits: 64 });
    assert.equal(buildOf(elf(40, { bits: 32 })), { machine: 'armv7l', bits: 32 });
    assert.equal(buildOf(elf(22, { isBigEndian: true })), { machine: 's390x', bits: 64 });
    assert.equal(buildOf(elf(4711)), { machine: 'machine 4711', bits: 64 });
    assert.is(buildOf(elf(62).subarray(0, 19)), undefined);
    assert.is(buildOf(Buffer.from('#!/bin/sh\necho an executable, but not of this kind\n')), undefined);
  });

  it('is another one when its words have another length', () => {
    const x32 = buildOf(elf(62, { bits: 32 }));
    const x64 = buildOf(elf(62));

    assert.ok(x32 !== undefined && x64 !== undefined && !isSameBuild(x32, x64) && isSameBuild(x64, x64));
  });
});

describe('a file that is no executable', (it) => {
  it('is called what it is', () => {
    const said = (start: string) => kindOf(Buffer.from(start.padEnd(40, '\0'), 'latin1'));

    assert.is(kindOf(Buffer.alloc(0)), 'empty');
    assert.is(kindOf(Buffer.from('Release notes\n\n- faster\n')), 'a text');
    assert.is(said('#!/bin/sh\n'), 'a script');
    assert.match(said('\x1f\x8b\x08'), 'unpack it');
    assert.match(said('\xfd7zXZ\0'), 'unpack it');
    assert.match(said('\x28\xb5\x2f\xfd'), 'unpack it');
    assert.match(said('PK\x03\x04'), 'unpack it');
    assert.match(said('\xcf\xfa\xed\xfe'), 'macOS');
    assert.match(said('MZ\x90'), 'Windows');
    assert.match(said('<!DOCTYPE html>'), 'web page');
    assert.match(said('\x00\x01\x02'), 'neither');
  });
});
