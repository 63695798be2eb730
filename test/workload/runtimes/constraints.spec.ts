import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { constraintFor, constraintsIn, constraintsOf, partsOf, textOf } from '#workload/runtimes/constraints.ts';
import { scratchDirectory } from '../../support/scratch.ts';
import { describe } from '../../support/spec.ts';

/** `family constraint (where)` of each wish in these files. */
function wishes(files: Readonly<Record<string, string>>): string[] {
  return constraintsIn((file) => files[file]).map((each) => `${each.family} ${textOf(each)}`);
}

const cases: readonly (readonly [file: string, text: string, expected: readonly string[]])[] = [
  ['package.json', '{"engines":{"node":">=18 <23"}}', ['node >=18 <23 (package.json, engines)']],
  ['package.json', '\uFEFF{"engines":{"node":" 20.x\\n|| 22 "}}', ['node 20.x || 22 (package.json, engines)']],
  ['package.json', '{"engines":{"node":""}}', []],
  ['package.json', '{"engines":{"npm":">=9"}}', []],
  ['package.json', '{"engines":["node >=18"]}', []],
  ['package.json', '{"engines":{"node":18}}', []],
  ['package.json', 'null', []],
  ['package.json', '{"engines":', []],
  ['.node-version', 'v20.11.0\n', ['node v20.11.0 (.node-version)']],
  ['.nvmrc', '# ours\nlts/iron # the line\n', ['node lts/iron (.nvmrc)']],
  ['.nvmrc', 'system', []],
  ['.nvmrc', '', []],
  ['Gemfile', "source 'x'\nruby '3.2.2'\n", ['ruby 3.2.2 (Gemfile)']],
  ['Gemfile', 'ruby "~> 3.1"', ['ruby ~> 3.1 (Gemfile)']],
  ['Gemfile', "ruby('>= 2.7', '< 3.3')", ['ruby >= 2.7, < 3.3 (Gemfile)']],
  ['Gemfile', "ruby file: '.ruby-version'", []],
  ['Gemfile', "ruby '2.5.7', engine: 'jruby', engine_version: '9.2'", []],
  ['Gemfile', "# ruby '1.9.3'\ngem 'ruby'\n", []],
  ['.ruby-version', 'ruby-3.2.2\n', ['ruby 3.2.2 (.ruby-version)']],
  ['.ruby-version', 'jruby-9.4.0.0', []],
  ['runtime.txt', 'python-3.11.4\n', ['python 3.11.4 (runtime.txt)']],
  ['runtime.txt', 'pypy-3.9', []],
  [
    'pyproject.toml',
    '[project]\nrequires-python = ">=3.9,<4"\n',
    ['python >=3.9,<4 (pyproject.toml, requires-python)'],
  ],
  ['pyproject.toml', '[tool.x]\nrequires-python = ">=2"\n', []],
  [
    'pyproject.toml',
    "[tool.poetry.dependencies]\npython = '^3.9'\n[other]\n",
    ['python ^3.9 (pyproject.toml, requires-python)'],
  ],
  ['.python-version', '3.11\n3.10\n', ['python 3.11 (.python-version)']],
  ['.python-version', 'pypy3.9-7.3.11', []],
  ['composer.json', '{"require":{"php":"^8.1 || ~7.4.0"}}', ['php ^8.1 || ~7.4.0 (composer.json, require)']],
  ['system.properties', 'a=b\njava.runtime.version = 17\n', ['java 17 (system.properties)']],
  ['.java-version', 'temurin-17.0.9+9', ['java temurin-17.0.9+9 (.java-version)']],
  ['.sdkmanrc', '# Java\njava=17.0.9-tem\nmaven=3.9\n', ['java 17.0.9-tem (.sdkmanrc)']],
  ['go.mod', 'module x\n\ngo 1.21 // lines\n', ['go >=1.21 (go.mod, go)']],
  ['go.mod', 'module x\ngo 1.21\ntoolchain go1.22.5\n', ['go >=1.21 (go.mod, go)', 'go >=1.22.5 (go.mod, toolchain)']],
  [
    '.tool-versions',
    'nodejs 20.11.0 18.20.4 # two\nruby system\ngolang 1.22\nterraform 1.5\nconstructor 1\n',
    ['node 20.11.0 || 18.20.4 (.tool-versions)', 'go 1.22 (.tool-versions)'],
  ],
];

describe('what an app asks for', (it) => {
  it('stands in its files', () => {
    for (const [file, text, expected] of cases) assert.equal(wishes({ [file]: text }), expected, `${file}: ${text}`);
  });

  it('is what it can do with, before what its authors use', () => {
    const files: Readonly<Record<string, string>> = {
      '.nvmrc': '20.9.0',
      'package.json': '{"engines":{"node":">=18"}}',
      '.tool-versions': 'nodejs 20.9.0\npython 3.11.4',
      '.python-version': '3.12',
    };
    const all = constraintsIn((file) => files[file]);

    assert.is(constraintFor('node', all)?.constraint, '>=18');
    assert.is(constraintFor('python', all)?.constraint, '3.12');
    assert.is(constraintFor('ruby', all), undefined);
  });

  it('travels as one text', () => {
    assert.equal(partsOf('>=18 (package.json, engines)'), { constraint: '>=18', from: 'package.json, engines' });
    assert.equal(partsOf('~> 3.1'), { constraint: '~> 3.1', from: undefined });
  });

  it('is read from a directory, but not through links, and not from what is no file', async (scope) => {
    const [app, outside] = [await scratchDirectory(scope), await scratchDirectory(scope)];
    await writeFile(join(outside, 'secret'), '3.2.2');
    await symlink(join(outside, 'secret'), join(app, '.ruby-version'));
    await mkdir(join(app, '.python-version'));
    await writeFile(join(app, '.nvmrc'), '20');
    await writeFile(join(app, 'Gemfile'), `ruby '3.2'\n${'#'.repeat(1024 * 1024)}`);

    assert.equal(await constraintsOf(app), [{ family: 'node', constraint: '20', from: '.nvmrc' }]);
  });
});
