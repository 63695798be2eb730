import * as assert from 'uvu/assert';
import { IgnoreRules } from '#cli/push/ignore-rules.ts';
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
      '.DS_Store',
      'a/.DS_Store',
      '.cfignore',
      'manifest.yml',
      'a/manifest.yml',
      'node_modules/',
      'app.js',
      '.env',
    ];

    assert.equal(ignored('', paths), [
      '.git/',
      '.svn/',
      'sub/.git/',
      '.DS_Store',
      'a/.DS_Store',
      '.cfignore',
      'manifest.yml',
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
    assert.equal(ignored('!manifest.yml\n', ['manifest.yml', '.cfignore']), ['.cfignore']);
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

  it('take letters with a meaning elsewhere for themselves, and broken classes too', () => {
    assert.equal(ignored('a+(b).{1}$^|c\n', ['a+(b).{1}$^|c', 'aab.1']), ['a+(b).{1}$^|c']);
    assert.equal(ignored('a.js\n', ['a.js', 'abjs']), ['a.js']);
    assert.equal(ignored('[z-a]\n', ['[z-a]', 'z']), ['[z-a]']);
    assert.equal(ignored('[abc\n', ['[abc', 'a']), ['[abc']);
    assert.equal(ignored('\\\n', ['\\', 'x']), ['\\']);
  });
});
