import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { describe } from '../../support/spec.ts';
import { machineWith, system } from './machine.ts';
import { program, type Release, released } from './release.ts';

for (const shell of ['dash', 'bash']) {
  describe(`install.sh, run by ${shell}, in vain`, (it) => {
    const refusals = {
      'a processor without a build': [
        system('riscv64', 64),
        'there is no build for riscv64; there are some for x86_64',
      ],
      'x86 with 32 bits': [system('x86_64', 32), 'there is no build for x86_64-32;'],
      ARMv6: [system('armv6l', 32), 'this is armv6l-32, and 32-bit ARM needs ARMv7: a Raspberry Pi 2 or newer.'],
      'another system': [{ uname: 'echo Darwin' }, 'this is Darwin, and there are builds for Linux only.'],
      musl: [{ ldd: 'echo "musl libc (x86_64)" >&2; exit 1', getconf: 'exit 1' }, 'this system has musl'],
      'an old glibc': [system('x86_64', 64, '2.27'), 'this system has glibc 2.27, and localpaas needs 2.28: Debian 10'],
      'ARM without libatomic': [
        { ...system('armv7l', 32), ldconfig: 'echo "libc.so.6 (libc6) => /lib/libc.so.6"' },
        'a library is missing.\nGet it, and run this again: sudo apt install libatomic1',
      ],
    } as const;
    for (const [what, [fakes, says]] of Object.entries(refusals)) {
      it(`refuses ${what}`, async (scope) => {
        const { to, install } = await machineWith(scope, shell, { fakes });
        const { directory } = await released(scope);

        const { code, out, err } = await install(['--from', directory, '--to', to]);

        assert.equal({ code, out }, { code: 1, out: '' });
        assert.match(err, `localpaas was not installed: ${says}`);
        assert.equal(await readdir(to), []);
      });
    }

    const mounts = {
      'a full disk': ['mount -t tmpfs -o size=100k none "$TO"', /: there is no room in .*: the disk is full\.\n/],
      'a directory that cannot be written to': [
        'mount -t tmpfs -o ro none "$TO"',
        /: the directory cannot be written to/,
      ],
      'a directory where nothing can be executed': [
        'mount -t tmpfs -o noexec none "$TO"',
        /: localpaas-linux-x64 does not run here\.\n.*Permission denied/,
      ],
    } as const;
    for (const [what, [mount, says]] of Object.entries(mounts)) {
      it(`refuses ${what}`, async (scope) => {
        const { to, install } = await machineWith(scope, shell, { mount });
        const { directory } = await released(scope);

        const { code, err } = await install(['--from', directory, '--to', to]);

        assert.is(code, 1);
        assert.match(err, says);
      });
    }

    const releases = {
      'one that does not run here': [
        '#!/bin/sh\necho "libfoo.so: not found" >&2; exit 127',
        'does not run here.\nlibfoo.so: not found',
      ],
      'another version than was asked for': [program('1.2.4'), 'has localpaas 1.2.4, not 1.2.3.'],
    } as const;
    for (const [what, [content, says]] of Object.entries(releases)) {
      it(`refuses ${what}, and leaves the earlier one`, async (scope) => {
        const { to, install } = await machineWith(scope, shell);
        const { directory } = await released(scope, { content });
        await writeFile(join(to, 'localpaas'), 'earlier');

        const { code, err } = await install(['--from', directory, '--to', to, '--version', '1.2.3']);

        assert.is(code, 1);
        assert.match(err, says);
        assert.equal(await readdir(to), ['localpaas']);
        assert.is(await readFile(join(to, 'localpaas'), 'utf8'), 'earlier');
      });
    }

    const damages = {
      'a changed byte': ({ file }: Release) => writeFile(file, program('1.2.9')),
      'a part': ({ file }: Release) => writeFile(file, program('1.2.3').slice(0, 100_000)),
      nothing: ({ file }: Release) => writeFile(file, ''),
    };
    for (const [what, damage] of Object.entries(damages)) {
      it(`refuses ${what} of the executable, and leaves the earlier one`, async (scope) => {
        const { to, install } = await machineWith(scope, shell);
        const release = await released(scope);
        await damage(release);
        await writeFile(join(to, 'localpaas'), 'earlier');

        const { code, err } = await install(['--from', release.directory, '--to', to]);

        assert.is(code, 1);
        assert.match(err, `localpaas-linux-x64 from ${release.directory} is damaged: it is not what SHA256SUMS says.`);
        assert.equal(await readdir(to), ['localpaas']);
        assert.is(await readFile(join(to, 'localpaas'), 'utf8'), 'earlier');
      });
    }

    it('refuses a release without its sums, without its file, or whose sums do not name it', async (scope) => {
      const { to, install } = await machineWith(scope, shell);
      const { directory, file } = await released(scope);
      const sums = join(directory, 'SHA256SUMS');
      const run = async () => (await install(['--from', directory, '--to', to])).err;

      await rm(file);
      assert.match(await run(), `localpaas-linux-x64 cannot be had from ${directory}.`);
      await writeFile(sums, `${'0'.repeat(64)}  localpaas-linux-x64.old\n`);
      assert.match(await run(), `SHA256SUMS in ${directory} does not name localpaas-linux-x64.`);
      await rm(sums);
      assert.match(await run(), `SHA256SUMS cannot be had from ${directory}.`);
      assert.equal(await readdir(to), []);
    });

    it('refuses to replace a directory', async (scope) => {
      const { to, install } = await machineWith(scope, shell);
      const { directory } = await released(scope);
      await mkdir(join(to, 'localpaas'));

      const { code, err } = await install(['--from', directory, '--to', to]);

      assert.is(code, 1);
      assert.match(err, `${to}/localpaas is a directory.`);
      assert.equal(await readdir(to, { recursive: true }), ['localpaas']);
    });

    it('explains its options when it does not understand', async (scope) => {
      const { install } = await machineWith(scope, shell);

      assert.match((await install(['--form', '.'])).err, 'there is no --form.\nsh install.sh [--from DIRECTORY');
      assert.match((await install(['--from'])).err, '--from needs a value.');
    });
  });
}
