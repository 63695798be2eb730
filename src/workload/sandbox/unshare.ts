import { join, relative } from 'node:path';
import { holdScript, plainBash, type SandboxKind } from './holder.ts';
import { isRoot } from './is-root.ts';
import type { Entry, Layout, Mount } from './layout.ts';
import { settingsOfMachine } from './machine.ts';
import { escaped, isBelow, type MountPoint, mountPointOf } from './mount-table.ts';
import { tool } from './tools.ts';

/**
 * Runs as the first process of new namespaces: mounts what the file says, makes the new root the root, and lets go of
 * the old one, which nobody inside can reach then.
 */
const script = `
set -eu
fstab=$1 root=$2 mount=$3 pivot_root=$4 umount=$5
"$mount" --all --fstab "$fstab"
cd "$root"
"$pivot_root" . .
"$umount" --lazy --no-canonicalize .
cd /
set +e
${holdScript}
`.trim();

/** The tools of util-linux make the sandbox, from a table such as /etc/fstab. */
export const unshare: SandboxKind = {
  name: 'unshare',
  command(layout, { directory, tools, points }) {
    const fstab = join(directory, 'fstab');
    const places = (['mount', 'pivot_root', 'umount'] as const).map((name) => tool(tools, name));
    return {
      program: tool(tools, 'unshare'),
      args: [
        ...(isRoot ? [] : ['--user', '--map-root-user']),
        ...['--mount', '--pid', '--fork', '--kill-child', '--', tool(tools, 'bash')],
        ...[...plainBash, script, 'localpaas-sandbox', fstab, layout.root, ...places],
      ],
      files: [{ path: fstab, text: fstabOf(layout, points) }],
      entries: devicesIn(layout.root),
    };
  },
};

/**
 * @param points what is mounted now: how it is mounted has to stay as it is, and what lies below is read-only as well
 * @param settings what has to be read-only in /proc
 */
export function fstabOf(
  { root, mounts }: Pick<Layout, 'root' | 'mounts'>,
  points: readonly MountPoint[],
  settings: readonly string[] = settingsOfMachine(),
): string {
  const lines = [
    [root, root, 'none', optionsOf(root, points, 'bind')],
    ...mounts.flatMap((mount) => linesFor(mount, { root, points, settings })),
  ];
  return lines
    .map(([what = '', at = '', ...rest]) => `${[escaped(what), escaped(at), ...rest].join(' ')} 0 0\n`)
    .join('');
}

interface Surroundings {
  readonly root: string;
  readonly points: readonly MountPoint[];
  readonly settings: readonly string[];
}

function linesFor(mount: Mount, { root, points, settings }: Surroundings): string[][] {
  const at = join(root, mount.at);
  if (mount.kind === 'proc') return procLines(at, settings);
  if (mount.kind === 'dev') return deviceLines(at);
  if (mount.isWritable) return [[mount.from, at, 'none', 'rbind']];
  const below = points.filter((point) => isBelow(point.at, mount.from));
  return [
    [mount.from, at, 'none', optionsOf(mount.from, points, 'rbind')],
    ...below.map((point) => {
      const place = join(at, relative(mount.from, point.at));
      return ['none', place, 'none', optionsOf(point.at, points, 'remount,bind')];
    }),
  ];
}

/** An ordinary user may not take away any of the options that root has mounted something with. */
function optionsOf(path: string, points: readonly MountPoint[], how: string): string {
  const own = (mountPointOf(path, points)?.options ?? []).filter((option) => option !== 'rw' && option !== 'ro');
  return [how, 'ro', ...own].join(',');
}

function procLines(at: string, settings: readonly string[]): string[][] {
  return [
    ['proc', at, 'proc', 'nosuid,nodev,noexec'],
    ...settings.map((path) => [path, join(at, relative('/proc', path)), 'none', 'bind,ro,nosuid,nodev,noexec']),
  ];
}

const devices = ['null', 'zero', 'full', 'random', 'urandom', 'tty'];

function deviceLines(at: string): string[][] {
  return [
    ...devices.map((name) => [join('/dev', name), join(at, name), 'none', 'bind']),
    ['devpts', join(at, 'pts'), 'devpts', 'newinstance,ptmxmode=0666,mode=620,nosuid,noexec'],
    ['tmpfs', join(at, 'shm'), 'tmpfs', 'mode=1777,nosuid,nodev'],
  ];
}

function devicesIn(root: string): Entry[] {
  const at = (name: string) => join(root, 'dev', name);
  const links = { fd: '/proc/self/fd', stdin: 'fd/0', stdout: 'fd/1', stderr: 'fd/2', ptmx: 'pts/ptmx' };
  return [
    ...devices.map((name) => ({ kind: 'file' as const, path: at(name) })),
    ...['pts', 'shm'].map((name) => ({ kind: 'directory' as const, path: at(name) })),
    ...Object.entries(links).map(([name, target]) => ({ kind: 'link' as const, path: at(name), target })),
  ];
}
