import { spawnSync } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { IgnoreRules } from '#cli/push/ignore-rules.ts';
import { scratchDirectory } from '../../support/scratch.ts';
import { describe } from '../../support/spec.ts';

/** `dir/` at the end of a path makes it a directory. */
function ignored(rules: string, paths: readonly string[]): string[] {
  const ignore = new IgnoreRules(rules);
  return paths.filter((path) => ignore.ignores(path.replace(/\/$/, ''), path.endsWith('/')));
}

describe('ignore rules', (it) => {
  it('leave out by habit what is never part of an app, and keep node_modules', () => {
    const paths = [
      '.git/',
      '.svn/',
      'sub/.git/',
      '_darcs/',
      '.DS_Store',
      'a/.DS_Store',
      '.cfignore',
      'manifest.yml',
      'a/manifest.yaml',
      'node_modules/',
      'app.js',
      '.env',
    ];

    assert.equal(ignored('', paths), [
      '.git/',
      '.svn/',
      'sub/.git/',
      '_darcs/',
      '.DS_Store',
      'a/.DS_Store',
      '.cfignore',
      'manifest.yml',
      'a/manifest.yaml',
    ]);
  });

  it('know names at every depth, and paths from the top', () => {
    assert.equal(ignored('*.log\n', ['a.log', 'x/b.log', 'a.logs', 'log']), ['a.log', 'x/b.log']);
    assert.equal(ignored('/build\n', ['build/', 'x/build/']), ['build/']);
    assert.equal(ignored('doc/*.txt\n', ['doc/a.txt', 'doc/x/a.txt', 'x/doc/a.txt']), ['doc/a.txt']);
  });

  it('tell directories from files', () => {
    assert.equal(ignored('tmp/\n', ['tmp/', 'tmp', 'x/tmp/']), ['tmp/', 'x/tmp/']);
  });

  it('let the last rule decide, and take in again', () => {
    assert.equal(ignored('*.log\n!keep.log\n', ['a.log', 'keep.log', 'x/keep.log']), ['a.log']);
    assert.equal(ignored('!a.log\n*.log\n', ['a.log']), ['a.log']);
  });

  it('know stars, question marks and classes', () => {
    assert.equal(ignored('**/cache\n', ['cache/', 'a/b/cache/']), ['cache/', 'a/b/cache/']);
    assert.equal(ignored('a/**/z\n', ['a/z', 'a/b/z', 'a/b/c/z', 'a/zz']), ['a/z', 'a/b/z', 'a/b/c/z']);
    assert.equal(ignored('a/**\n', ['a/', 'a/b', 'a/b/c']), ['a/b', 'a/b/c']);
    assert.equal(ignored('?.js\n', ['a.js', 'ab.js', 'x/b.js']), ['a.js', 'x/b.js']);
    assert.equal(ignored('[a-c]1\n', ['a1', 'd1']), ['a1']);
    assert.equal(ignored('[!a-c]1\n', ['a1', 'd1']), ['d1']);
    assert.equal(ignored('a[/]b\n', ['a/b']), []);
    assert.equal(ignored('*\n!*.js\n', ['x', 'app.js']), ['x']);
  });

  it('take comments, blanks and escapes for what they are', () => {
    assert.equal(ignored('# note\n\n   \n\\#x\n\\!y\n', ['# note', '#x', '!y', 'note']), ['#x', '!y']);
    assert.equal(ignored('a.txt   \r\nb\\ \n', ['a.txt', 'b ', 'b']), ['a.txt', 'b ']);
  });

  it('take letters with a meaning elsewhere for themselves, and broken patterns for nothing', () => {
    assert.equal(ignored('a+(b).{1}$^|c\n', ['a+(b).{1}$^|c', 'aab.1']), ['a+(b).{1}$^|c']);
    assert.equal(ignored('a.js\n', ['a.js', 'abjs']), ['a.js']);
    assert.equal(ignored('[z-a]\n', ['[z-a]', 'z', 'y']), ['z']);
    assert.equal(ignored('[abc\n', ['[abc', 'a']), []);
    assert.equal(ignored('\\\n', ['\\', 'x']), []);
  });

  it('leave out by habit whatever the file takes in, unless other habits are asked for', () => {
    assert.equal(ignored('!manifest.yml\n!.git\n', ['manifest.yml', '.git/']), ['manifest.yml', '.git/']);
    const own = new IgnoreRules('*.log\n', ['!keep.log', 'tmp/']);
    assert.equal(
      ['a.log', 'keep.log', 'manifest.yml'].map((path) => own.ignores(path, false)),
      [true, false, false],
    );
    assert.is(own.ignores('tmp', true), true);
  });

  it(
    'are those of git, for patterns of every kind',
    async (scope) => {
      // What is not there is a file to git.
      const [empty, full] = [await scratchDirectory(scope), await scratchDirectory(scope)];
      for (const folder of [empty, full]) git(folder, ['init', '--quiet']);
      for (const directory of directories) await mkdir(join(full, directory), { recursive: true });
      const patterns = [...tricky, ...manyPatterns(120)];

      let compared = 0;
      for (const pattern of patterns) {
        compared += await compare(pattern, empty, { paths: files, areDirectories: false });
        compared += await compare(pattern, full, { paths: directories, areDirectories: true });
      }

      assert.ok(compared > 5_000, `${compared} were compared`);
    },
    { timeoutMs: 120_000 },
  );
});

/** With what is known to be hard to get right. */
const tricky = [
  'a',
  '/a',
  'a/',
  'a/b',
  '/a/b',
  'a/*',
  'a/**',
  '**/a',
  '**/a/b',
  'a/**/b',
  'a/**/**/b',
  '**',
  '*',
  '*/',
  '/*',
  '/**',
  '**/',
  '*/a',
  'a**b',
  'a**/b',
  '**a',
  '?',
  '?/?',
  '[ab]',
  '[!ab]',
  '[^ab]',
  '[a-c]',
  '[c-a]',
  '[]a]',
  '[!]a]',
  '[a',
  '[',
  ']',
  '[[:alpha:]]',
  '[[:digit:][:space:]]',
  '[[:none:]]',
  '[[:alpha:]',
  '[a\\]]',
  '[\\a]',
  '[a-]',
  '[-a]',
  '[*]',
  '[/]',
  'a[/]b',
  '\\a',
  '\\*',
  '\\\\',
  '\\',
  'a\\',
  '\\#a',
  '#a',
  '\\!a',
  '!a',
  '*\n!a',
  'a\n!a/b',
  '/*\n!/a',
  'a ',
  'a\\ ',
  'a\\  ',
  ' ',
  'a b',
  '.a',
  '*a',
  '.*',
  'a\r',
  '\t',
  '//',
  'a//b',
  './a',
  '+',
  'a.c',
  '(a|b)',
  '{a,b}',
  '$',
  '^a',
];

const names = [
  'a',
  'b',
  'c',
  'ab',
  'abc',
  'a.c',
  '-',
  ' ',
  '*',
  '.a',
  '!a',
  '#a',
  '[a',
  ']',
  'a b',
  'a ',
  '\\',
  'a\\',
  '+',
  '1',
];
const files = names.flatMap((name) => [name, `a/${name}`, `b/a/${name}`, `${name}/a`]);
const directories = names.flatMap((name) => [name, `b/${name}`, `a/b/${name}`]);

/** Always the same, but of no plan. */
function manyPatterns(count: number): string[] {
  const pieces = [
    'a',
    'b',
    'c',
    '*',
    '**',
    '?',
    '/',
    '/',
    '[ab]',
    '[!a]',
    '[a-c]',
    '\\a',
    '\\*',
    '.',
    '!',
    '#',
    ' ',
    '\\ ',
    '-',
    '/**/',
  ];
  let seed = 11;
  const upTo = (most: number) => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) & 0x7fffffff;
    return (seed >> 8) % most;
  };
  return Array.from({ length: count }, () =>
    Array.from({ length: 1 + upTo(5) }, () => pieces[upTo(pieces.length)]).join(''),
  );
}

/** @returns how many paths were compared */
async function compare(
  pattern: string,
  folder: string,
  { paths, areDirectories }: { paths: readonly string[]; areDirectories: boolean },
): Promise<number> {
  await writeFile(join(folder, '.gitignore'), `${pattern}\n`);
  const rules = new IgnoreRules(`${pattern}\n`, []);
  const said = saidByGit(folder, paths);
  const differs = said.filter(([path, isIgnored]) => isIgnoredBy(rules, path, areDirectories) !== isIgnored);
  assert.is(
    differs
      .map(([path, isIgnored]) => `${JSON.stringify(path)} ${isIgnored}`)
      .slice(0, 3)
      .join(),
    '',
    JSON.stringify(pattern),
  );
  return said.length;
}

/** @param paths all of which git reads: to one that has ended nothing can be written */
function git(folder: string, args: readonly string[], paths: readonly string[] = []): string {
  const given = paths.length > 0 ? { input: `${paths.join('\0')}\0` } : {};
  const { stdout, error } = spawnSync('git', ['-c', 'core.excludesFile=/dev/null', ...args], { cwd: folder, ...given });
  if (error !== undefined) throw new Error('git is needed to compare with: install it.', { cause: error });
  return stdout.toString();
}

function saidByGit(folder: string, paths: readonly string[]): (readonly [path: string, isIgnored: boolean])[] {
  const args = ['check-ignore', '--no-index', '--stdin', '-z', '--verbose', '--non-matching'];
  const fields = git(folder, args, paths).split('\0');
  const said: (readonly [string, boolean])[] = [];
  for (let at = 0; at + 3 < fields.length; at += 4) {
    const [, , pattern = '', path = ''] = fields.slice(at, at + 4);
    said.push([path, pattern !== '' && !pattern.startsWith('!')]);
  }
  return said;
}

/** A path is ignored with the first directory on its way that is. */
function isIgnoredBy(rules: IgnoreRules, path: string, isDirectory: boolean): boolean {
  const parts = path.split('/');
  return parts.some((_, index) =>
    rules.ignores(parts.slice(0, index + 1).join('/'), index + 1 < parts.length || isDirectory),
  );
}
