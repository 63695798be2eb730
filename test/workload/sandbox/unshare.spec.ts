import * as assert from 'uvu/assert';
import { mountPointsIn } from '#workload/sandbox/mount-table.ts';
import { fstabOf } from '#workload/sandbox/unshare.ts';
import { describe } from '../../support/spec.ts';

const table = [
  '22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw,discard',
  '23 22 0:5 / /run rw,nosuid,nodev,noexec,relatime shared:2 - tmpfs tmpfs rw,size=100k',
  '24 23 0:6 / /run/user/1000 rw,nosuid,nodev,relatime - tmpfs tmpfs rw',
  '25 22 0:7 / /media/my\\040stick ro,nosuid,nodev - vfat /dev/sda1 rw',
  '26 22 0:8 / /media/my\\040stick rw,noexec - vfat /dev/sdb1 rw',
].join('\n');

describe('a sandbox by the tools of util-linux', (it) => {
  it('reads what is mounted, and of two mounts the one on top', () => {
    assert.equal(
      mountPointsIn(table).map(({ at, options }) => [at, options.join()]),
      [
        ['/', 'rw,relatime'],
        ['/run', 'rw,nosuid,nodev,noexec,relatime'],
        ['/run/user/1000', 'rw,nosuid,nodev,relatime'],
        ['/media/my stick', 'rw,noexec'],
      ],
    );
    assert.equal(mountPointsIn(''), []);
  });

  it('is a table of mounts: what is below is read-only as well, and nothing loses its restrictions', () => {
    const mounts = [
      { kind: 'bind', from: '/usr', at: '/usr', isWritable: false },
      { kind: 'bind', from: '/run', at: '/run', isWritable: false },
      { kind: 'bind', from: '/media', at: '/media', isWritable: false },
      { kind: 'bind', from: '/home/me/an app#1', at: '/home/me/an app#1', isWritable: true },
    ] as const;
    const text = fstabOf({ root: '/box/root', mounts }, mountPointsIn(table), []);
    assert.equal(text.trimEnd().split('\n'), [
      '/box/root /box/root none bind,ro,relatime 0 0',
      '/usr /box/root/usr none rbind,ro,relatime 0 0',
      '/run /box/root/run none rbind,ro,nosuid,nodev,noexec,relatime 0 0',
      'none /box/root/run/user/1000 none remount,bind,ro,nosuid,nodev,relatime 0 0',
      '/media /box/root/media none rbind,ro,relatime 0 0',
      'none /box/root/media/my\\040stick none remount,bind,ro,noexec 0 0',
      '/home/me/an\\040app\\0431 /box/root/home/me/an\\040app\\0431 none rbind 0 0',
    ]);
  });

  it('keeps root from the settings of the machine', () => {
    const mounts = [{ kind: 'proc', at: '/proc' }] as const;
    assert.equal(fstabOf({ root: '/r', mounts }, [], ['/proc/sys']).trimEnd().split('\n').slice(1), [
      'proc /r/proc proc nosuid,nodev,noexec 0 0',
      '/proc/sys /r/proc/sys none bind,ro,nosuid,nodev,noexec 0 0',
    ]);
  });
});
