import { readFileSync } from 'node:fs';
import * as assert from 'uvu/assert';
import { dependsOf } from '../../../../scripts/package/debian/depends.ts';
import { needsOf } from '../../../../scripts/package/elf.ts';
import { describe } from '../../../support/spec.ts';
import { thrownBy } from '../../../support/thrown.ts';

const program = readFileSync('/bin/sh');

/** Without the segment that says what it needs: as if it were linked statically. */
function asStatic(file: Buffer): Buffer {
  const copy = Buffer.from(file);
  const [table, size, count] = [Number(copy.readBigUInt64LE(32)), copy.readUInt16LE(54), copy.readUInt16LE(56)];
  for (let at = table; at < table + count * size; at += size)
    if (copy.readUInt32LE(at) === 2) copy.writeUInt32LE(0, at);
  return copy;
}

describe('what a program needs of the system', (it) => {
  it('is read from the program', () => {
    const { libraries, versions } = needsOf(program);

    assert.ok(libraries.includes('libc.so.6'), libraries.join());
    assert.ok(
      versions.some((version) => /^GLIBC_2\.\d+$/.test(version)),
      versions.join(),
    );
    assert.ok([...libraries, ...versions].every((name) => /^[\w.+-]+$/.test(name)));
  });

  it('is nothing when it was linked statically', () => {
    assert.equal(needsOf(asStatic(program)), { libraries: [], versions: [] });
  });

  it('is not known of what is no program', async () => {
    assert.match((await thrownBy(() => needsOf(Buffer.from('#!/bin/sh\n')))).message, 'this is no ELF file');
  });

  it('becomes packages of Debian, as new as the newest of all programs wants them', () => {
    const node = {
      libraries: ['libdl.so.2', 'libstdc++.so.6', 'libm.so.6', 'libgcc_s.so.1', 'libc.so.6', 'ld-linux-x86-64.so.2'],
      versions: [
        'GLIBC_2.28',
        'GLIBC_2.3.4',
        'GLIBC_2.9',
        'GLIBCXX_3.4.9',
        'GLIBCXX_3.4.21',
        'GCC_3.0',
        'CXXABI_1.3.9',
      ],
    };
    const natsServer = { libraries: ['libc.so.6'], versions: ['GLIBC_2.34', 'GLIBC_2.4'] };
    const armv7l = { libraries: ['libatomic.so.1', 'libc.so.6'], versions: ['GLIBC_2.4'] };

    assert.is(dependsOf([node]), 'libc6 (>= 2.28), libstdc++6 (>= 5), libgcc-s1');
    assert.is(dependsOf([node, natsServer]), 'libc6 (>= 2.34), libstdc++6 (>= 5), libgcc-s1');
    assert.is(dependsOf([armv7l]), 'libc6 (>= 2.4), libatomic1');
    assert.is(dependsOf([{ libraries: [], versions: [] }]), '');
  });

  it('is refused when nobody said which package has it', async () => {
    const library = { libraries: ['libssl.so.3'], versions: [] };
    const version = { libraries: ['libstdc++.so.6'], versions: ['GLIBCXX_3.4.99'] };

    assert.match((await thrownBy(() => dependsOf([library]))).message, 'the package of libssl.so.3 is not known');
    assert.match(
      (await thrownBy(() => dependsOf([version]))).message,
      'the libstdc++6 with GLIBCXX_3.4.99 is not known',
    );
  });
});
