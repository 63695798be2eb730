import { chmodSync, cpSync, lstatSync, mkdirSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import * as assert from 'uvu/assert';
import { scratchDirectory } from '../../../support/scratch.ts';
import { describe } from '../../../support/spec.ts';
import { laidOver, type RawMember, treeOf, unpacked } from './support.ts';

type Numbers = (below: number) => number;

/** Numbers of [0, below), the same ones for the same seed. */
function numbersFrom(seed: number): Numbers {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

function oneOf<T>(all: readonly [T, ...T[]], number: Numbers): T {
  return all[number(all.length)] ?? all[0];
}

const nameOf = (number: Numbers) => oneOf(['a', 'b', 'c', 'a-b', '.d', 'ümlaut', `long-${'n'.repeat(120)}`], number);

/** A directory somewhere below, made where there is none; what is in its way goes. */
function directoryIn(top: string, number: Numbers): string {
  let path = top;
  for (let depth = number(4); depth > 0; depth -= 1) {
    path = join(path, nameOf(number));
    if (lstatSync(path, { throwIfNoEntry: false })?.isDirectory() === false) rmSync(path);
    mkdirSync(path, { recursive: true });
  }
  return path;
}

/** Makes, changes or removes something. */
function change(top: string, number: Numbers): void {
  const path = join(directoryIn(top, number), nameOf(number));
  const before = lstatSync(path, { throwIfNoEntry: false });
  if (before !== undefined && !before.isSymbolicLink() && number(4) === 0) {
    chmodSync(path, before.isDirectory() ? oneOf([0o755, 0o700, 0o775], number) : oneOf([0o644, 0o755, 0o444], number));
    return;
  }
  rmSync(path, { recursive: true, force: true });
  const kinds: [() => void, ...(() => void)[]] = [
    () => symlinkSync(nameOf(number), path),
    () => mkdirSync(path, { mode: oneOf([0o755, 0o700, 0o775], number) }),
    () => writeFileSync(path, `content ${number(1000)}`),
    () => writeFileSync(path, Buffer.alloc(number(5000), number(256)), { mode: oneOf([0o755, 0o600, 0o444], number) }),
    () => {},
  ];
  oneOf(kinds, number)();
}

/** Whole seconds, which is what a tar of ours can say. */
function setTimes(directory: string, number: Numbers): void {
  for (const path of Object.keys(treeOf(directory))) {
    const isChanged = number(3) === 0;
    if (!lstatSync(join(directory, path)).isFile()) continue;
    const seconds = isChanged ? 1_600_000_000 + number(1000) : 1_500_000_000;
    utimesSync(join(directory, path), seconds, seconds);
  }
}

type Tree = Readonly<Record<string, string>>;

/** What is gone. What went with its directory may be named, too. */
function whiteoutsOf(before: Tree, after: Tree, number: Numbers): RawMember[] {
  const gone = Object.keys(before).filter((path) => after[path] === undefined);
  const isGoneWithParent = (path: string) => {
    const parent = dirname(path);
    return parent !== '.' && !after[parent]?.startsWith('directory');
  };
  const named = gone.filter((path) => !isGoneWithParent(path) || number(2) === 0);
  return named.map((path) => ({ path: path.replace(/[^/]*$/, '.wh.$&') }));
}

function memberOf(tree: string, path: string, line: string): RawMember {
  const { mode, mtime } = lstatSync(join(tree, path));
  const [kind = '', ...rest] = line.split(' ');
  if (kind === 'directory') return { path: `${path}/`, type: 'Directory', mode: mode & 0o777 };
  if (kind === 'link') return { path, type: 'SymbolicLink', linkpath: rest.slice(1).join(' ') };
  return { path, mode: mode & 0o777, mtime, content: Buffer.from(rest.slice(2).join(' '), 'latin1') };
}

/** What leads from one tree to another, as whoever knows both would write it. */
function differenceOf(from: string, to: string, number: Numbers): RawMember[] {
  const [before, after] = [treeOf(from), treeOf(to)];
  const changed = Object.entries(after).filter(([path, line]) => before[path] !== line);
  return [...whiteoutsOf(before, after, number), ...changed.map(([path, line]) => memberOf(to, path, line))];
}

describe(
  'a layer over a droplet, whatever changed',
  (it) => {
    for (const first of [1, 11, 21, 31, 41, 51]) {
      it(`gives the tree that a droplet of all the files gives (${first} to ${first + 9})`, async (scope) => {
        for (let seed = first; seed < first + 10; seed += 1) {
          const number = numbersFrom(seed);
          const scratch = await scratchDirectory(scope);
          const [from, to] = [join(scratch, 'from'), join(scratch, 'to')];
          mkdirSync(from);
          for (let count = 0; count < 30; count += 1) change(from, number);
          setTimes(from, number);
          cpSync(from, to, { recursive: true, preserveTimestamps: true, verbatimSymlinks: true });
          for (let count = 0; count < 15; count += 1) change(to, number);
          setTimes(to, number);

          const directory = await laidOver(scope, from, differenceOf(from, to, number));

          assert.equal(treeOf(directory), treeOf(await unpacked(scope, to)), `seed ${seed}`);
        }
      });
    }
  },
  { timeoutMs: 120_000 },
);
