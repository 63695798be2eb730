import { dirname, join } from 'node:path';
import * as assert from 'uvu/assert';
import { type Layout, layoutOf } from '#workload/sandbox/layout.ts';
import type { Machine, Member } from '#workload/sandbox/machine.ts';
import type { View } from '#workload/sandbox/view.ts';
import { describe } from '../../support/spec.ts';

/** A machine with these paths: what ends with a slash is a directory, `path -> target` a link. */
function machineWith(...lines: readonly string[]): Machine {
  const members = new Map<string, Member['kind']>();
  const targets = new Map<string, string>();
  for (const line of lines) {
    const [path = '', target] = line.split(' -> ');
    const plain = path.replace(/(.)\/$/, '$1');
    for (let above = dirname(plain); above !== '/'; above = dirname(above)) members.set(above, 'directory');
    members.set(plain, target === undefined ? (path.endsWith('/') ? 'directory' : 'file') : 'link');
    if (target !== undefined) targets.set(plain, target);
  }
  const realPathOf = (path: string): string => {
    const link = [...targets].find(([from]) => path === from || path.startsWith(`${from}/`));
    return link === undefined ? path : realPathOf(join('/', link[1], path.slice(link[0].length)));
  };
  return {
    realPathOf,
    kindOf: (path) =>
      members.get(realPathOf(path)) === 'directory' ? 'directory' : members.has(realPathOf(path)) ? 'file' : undefined,
    membersOf: (directory) =>
      [...members]
        .filter(([path]) => path !== '/' && dirname(path) === directory)
        .map(([path, kind]) => ({
          name: path.slice(path.lastIndexOf('/') + 1),
          kind,
          target: targets.get(path) ?? '',
        })),
  };
}

const linux = ['/etc/', '/usr/bin/', '/bin -> usr/bin', '/proc/', '/dev/', '/tmp/', '/var/tmp/', '/home/me/'];
const nothing: View = { writable: [], places: {}, hidden: [], readable: [] };

/** `at = from`, with a star for what may be written. */
function mountsIn({ mounts }: Layout): string[] {
  return mounts.map((mount) =>
    mount.kind === 'bind'
      ? `${mount.at} = ${mount.from}${mount.isWritable ? ' *' : ''}`
      : `${mount.at} is ${mount.kind}`,
  );
}

/** What is made, relative to the sandbox's directory: a slash behind directories. */
function madeIn({ entries }: Layout): string[] {
  return entries.map(({ kind, path }) => `${path.replace('/box/', '')}${kind === 'directory' ? '/' : ''}`);
}

const plan = (view: Partial<View>, ...more: readonly string[]) =>
  layoutOf({ ...nothing, ...view }, '/box', machineWith(...linux, ...more));

describe('the layout of a sandbox', (it) => {
  it('shows what the machine has, read-only, with its own processes and devices', () => {
    const layout = plan({});
    assert.equal(mountsIn(layout), [
      '/etc = /etc',
      '/usr = /usr',
      '/proc is proc',
      '/dev is dev',
      '/tmp = /tmp',
      '/var = /var',
      '/home = /home',
    ]);
    assert.equal(
      layout.entries.find(({ kind }) => kind === 'link'),
      {
        kind: 'link',
        path: '/box/root/bin',
        target: 'usr/bin',
      },
    );
    assert.ok(madeIn(layout).includes('root/usr/'));
  });

  for (const [what, view, more, mounts, made] of [
    [
      'lets write into a directory',
      { writable: ['/home/me/app'] },
      ['/home/me/app/'],
      ['/home/me/app = /home/me/app *'],
      [],
    ],
    [
      'shows a part of what it hides',
      { hidden: ['/home/me/paas'], writable: ['/home/me/paas/work/1'], readable: ['/home/me/paas/packs'] },
      ['/home/me/paas/work/1/', '/home/me/paas/packs/', '/home/me/paas/token'],
      [
        '/home/me/paas = /box/empty-1',
        '/home/me/paas/packs = /home/me/paas/packs',
        '/home/me/paas/work/1 = /home/me/paas/work/1 *',
      ],
      ['empty-1/', 'empty-1/packs/', 'empty-1/work/1/'],
    ],
    [
      'has a place of its own for /tmp, with what has to be seen below it',
      { places: { '/tmp': '/own/tmp' }, writable: ['/tmp/work'], readable: ['/tmp/agent/socket', '/tmp/tools'] },
      ['/own/tmp/', '/tmp/work/', '/tmp/agent/socket', '/tmp/tools/'],
      [
        '/tmp = /own/tmp *',
        '/tmp/tools = /tmp/tools',
        '/tmp/work = /tmp/work *',
        '/tmp/agent/socket = /tmp/agent/socket',
      ],
      ['own/tmp/tools/', 'own/tmp/work/', 'own/tmp/agent/socket'],
    ],
    [
      'adds a directory to the root',
      { places: { '/app': '/own/app' } },
      ['/own/app/'],
      ['/app = /own/app *'],
      ['root/app/'],
    ],
    [
      'adds a directory to one of the root, which shows the same as before',
      { places: { '/home/vcap': '/own/home' }, hidden: ['/home/me'] },
      ['/own/home/', '/home/you/'],
      ['/home/me = /box/empty-1', '/home/you = /home/you', '/home/vcap = /own/home *'],
      ['root/home/vcap/', 'root/home/you/'],
    ],
    [
      'adds a directory where not even the one above is there',
      { places: { '/srv/app': '/own/app' } },
      ['/own/app/'],
      ['/srv/app = /own/app *'],
      ['root/srv/app/'],
    ],
    [
      'takes nothing apart that is large',
      { places: { '/home/vcap': '/own/home' } },
      ['/own/home/', ...Array.from({ length: 40 }, (_, index) => `/home/user-${index}/`)],
      ['/home = /home'],
      [],
    ],
    ['passes by what is not there', { writable: ['/none'], hidden: ['/nothing'], readable: ['/no'] }, [], [], []],
    ['does not show the root again', { readable: ['/', '/usr', '/etc'] }, [], ['/usr = /usr'], []],
    [
      'goes by where links lead, and has them where they are not seen otherwise',
      { places: { '/tmp': '/own/tmp' }, writable: ['/tmp/link', '/home/link'] },
      ['/own/tmp/', '/data/one/', '/data/two/', '/tmp/link -> /data/one', '/home/link -> /data/two'],
      ['/tmp = /own/tmp *', '/data/one = /data/one *', '/tmp/link = /data/one *', '/data/two = /data/two *'],
      ['own/tmp/link/'],
    ],
    [
      'hides rather than shows, and lets write rather than hides, what is named for both',
      { readable: ['/home/me/a', '/home/me/b'], hidden: ['/home/me/a', '/home/me/b'], writable: ['/home/me/b'] },
      ['/home/me/a/', '/home/me/b/'],
      ['/home/me/a = /box/empty-1', '/home/me/b = /home/me/b *'],
      [],
    ],
  ] as [string, Partial<View>, string[], string[], string[]][]) {
    it(what, () => {
      const layout = plan(view, ...more);
      const found = mountsIn(layout);
      for (const mount of mounts) assert.ok(found.includes(mount), `${mount} is not among ${found.join(', ')}`);
      const order = mounts.map((mount) => found.indexOf(mount));
      assert.equal(
        order,
        [...order].sort((one, other) => one - other),
        found.join(', '),
      );
      for (const path of made) {
        const all = madeIn(layout).map((each) => each.replace(/^\//, ''));
        assert.ok(all.includes(path), `${path} is not among ${all.join(', ')}`);
      }
      const at = layout.mounts.map((mount) => mount.at);
      assert.is(new Set(at).size, at.length, 'nothing is mounted twice');
    });
  }
});
