import { mkdir, readFile, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import type { ToolFamily } from '#contract/runtimes.ts';
import { type RuntimePlaces, RuntimeTable } from '#workload/runtimes/index.ts';
import { scratchDirectory } from '../../support/scratch.ts';
import { describe } from '../../support/spec.ts';
import { placeProgram, placeScript } from './fake-programs.ts';

/** Looks nowhere but where it is told to. */
function tableOf(places: Partial<RuntimePlaces>): RuntimeTable {
  return new RuntimeTable({ path: '', programDirectories: [], nodeProgram: '', userHome: '/nowhere', ...places });
}

/** `origin version path` of each, the paths from `root` on. */
async function rowsOf(table: RuntimeTable, family: ToolFamily, root: string): Promise<string[]> {
  const found = await table.of(family);
  return found.map(({ origin, version, path }) => `${origin} ${version} ${path.replace(`${root}/`, '')}`);
}

/** By family and manager, a path below the user's home, and the version it stands for. */
const usual: readonly (readonly [ToolFamily, string, path: string, version: string])[] = [
  ['node', 'nvm', '.nvm/versions/node/v20.11.0/bin/node', '20.11.0'],
  ['node', 'fnm', '.local/share/fnm/node-versions/v18.20.4/installation/bin/node', '18.20.4'],
  ['node', 'fnm', '.fnm/node-versions/v16.1.0/installation/bin/node', '16.1.0'],
  ['node', 'volta', '.volta/tools/image/node/22.1.0/bin/node', '22.1.0'],
  ['node', 'asdf', '.asdf/installs/nodejs/21.0.0/bin/node', '21.0.0'],
  ['node', 'mise', '.local/share/mise/installs/node/19.0.1/bin/node', '19.0.1'],
  ['python', 'asdf', '.asdf/installs/python/3.12.1/bin/python3', '3.12.1'],
  ['python', 'pyenv', '.pyenv/versions/3.11.4/bin/python', '3.11.4'],
  ['ruby', 'mise', '.local/share/mise/installs/ruby/3.3.0/bin/ruby', '3.3.0'],
  ['ruby', 'rbenv', '.rbenv/versions/3.2.2/bin/ruby', '3.2.2'],
  ['java', 'asdf', '.asdf/installs/java/temurin-21.0.2+13.0.LTS/bin/java', '21.0.2'],
  ['java', 'sdkman', '.sdkman/candidates/java/17.0.9-tem/bin/java', '17.0.9'],
  ['php', 'asdf', '.asdf/installs/php/8.2.1/bin/php', '8.2.1'],
  ['go', 'asdf', '.asdf/installs/golang/1.21.5/go/bin/go', '1.21.5'],
  ['go', 'mise', '.local/share/mise/installs/go/1.22.0/bin/go', '1.22.0'],
];

describe('table of runtimes', (it) => {
  it('has what managers keep at their usual places, without running anything', async (scope) => {
    const userHome = await scratchDirectory(scope);
    for (const [, , path] of usual) await placeProgram(join(userHome, path));
    const table = tableOf({ userHome });

    for (const family of ['node', 'python', 'ruby', 'java', 'php', 'go'] as const) {
      const ours = usual.filter(([of]) => of === family);
      const expected = ours.map(([, manager, path, version]) => `${manager} ${version} ${path}`);
      assert.equal(await rowsOf(table, family, userHome), expected);
    }
    assert.is((await table.all()).length, usual.length);
  });

  it('has what they keep elsewhere, by their own variables', async (scope) => {
    const root = await scratchDirectory(scope);
    const cases = [
      ['NVM_DIR', 'node', 'nvm', 'versions/node/v20.11.0/bin/node'],
      ['FNM_DIR', 'node', 'fnm', 'node-versions/v20.11.0/installation/bin/node'],
      ['VOLTA_HOME', 'node', 'volta', 'tools/image/node/20.11.0/bin/node'],
      ['ASDF_DATA_DIR', 'ruby', 'asdf', 'installs/ruby/3.2.2/bin/ruby'],
      ['MISE_DATA_DIR', 'python', 'mise', 'installs/python/3.12.1/bin/python3'],
      ['PYENV_ROOT', 'python', 'pyenv', 'versions/3.11.4/bin/python3'],
      ['RBENV_ROOT', 'ruby', 'rbenv', 'versions/3.2.2/bin/ruby'],
      ['SDKMAN_DIR', 'java', 'sdkman', 'candidates/java/17.0.9-tem/bin/java'],
      ['HOMEBREW_PREFIX', 'php', 'brew', 'Cellar/php@8.1/8.1.27/bin/php'],
      ['XDG_DATA_HOME', 'node', 'mise', 'mise/installs/node/20.11.0/bin/node'],
    ] as const;

    for (const [variable, family, origin, path] of cases) {
      const home = join(root, variable);
      await placeProgram(join(home, path));

      const found = await tableOf({ managerVariables: { [variable]: home } }).of(family);

      assert.equal(
        found.map((each) => [each.origin, each.path, each.is_default]),
        [[origin, join(home, path), true]],
        variable,
      );
    }
  });

  it('prefers what is configured, then the PATH, then managers with the latest version first, then our own', async (scope) => {
    const root = await scratchDirectory(scope);
    const own = join(root, 'own/node');
    await placeScript(join(root, 'configured/node'), 'v14.0.0');
    await placeScript(join(root, 'path/node'), 'v16.0.0');
    for (const version of ['v9.11.0', 'v20.11.0', 'v18.2.0']) {
      await placeProgram(join(root, `.nvm/versions/node/${version}/bin/node`));
    }

    const table = tableOf({
      runtimeDirectories: [join(root, 'configured')],
      path: `relative:${join(root, 'path')}`,
      userHome: root,
      nodeProgram: own,
    });

    assert.equal(await rowsOf(table, 'node', root), [
      'configuration 14.0.0 configured/node',
      'PATH 16.0.0 path/node',
      'nvm 20.11.0 .nvm/versions/node/v20.11.0/bin/node',
      'nvm 18.2.0 .nvm/versions/node/v18.2.0/bin/node',
      'nvm 9.11.0 .nvm/versions/node/v9.11.0/bin/node',
      `localpaas ${process.versions.node} own/node`,
    ]);
  });

  it('has each program once, by the name under which it is found first', async (scope) => {
    const root = await scratchDirectory(scope);
    const program = await placeProgram(join(root, '.nvm/versions/node/v20.11.0/bin/node'));
    await mkdir(join(root, 'path'));
    await symlink(program, join(root, 'path/node'));
    await symlink(program, join(root, 'path/nodejs'));
    await symlink('v20.11.0', join(root, '.nvm/versions/node/v20'));

    const found = await tableOf({ path: join(root, 'path'), userHome: root }).of('node');

    assert.equal(
      found.map((each) => [each.origin, each.path, each.real_path, each.version]),
      [['PATH', join(root, 'path/node'), program, '20.11.0']],
    );
  });

  it('knows what is a runtime of this machine, and what is not', async (scope) => {
    const root = await scratchDirectory(scope);
    const foreign = process.arch === 'arm64' ? 62 : 183;
    await placeProgram(join(root, '.pyenv/versions/3.11.4/bin/python3'), foreign);
    await placeProgram(join(root, '.pyenv/versions/3.10.1/bin/python3'));
    await placeProgram(join(root, '.pyenv/versions/pypy3.9-7.3.11/bin/python3'));
    await mkdir(join(root, '.pyenv/versions/3.9.1/bin'), { recursive: true });
    await placeScript(join(root, '.pyenv/versions/3.8.1/bin/python3'), 'Python 3.8.1', 0o644);

    const found = await tableOf({ userHome: root }).of('python');

    assert.equal(
      found.map((each) => [each.name, each.version, each.architecture, each.is_default]),
      [
        ['python', null, foreign === 62 ? 'x64' : 'arm64', false],
        ['python310', '3.10.1', process.arch, true],
      ],
    );
  });

  it('asks a program once, and again when it has changed', async (scope) => {
    const directory = await scratchDirectory(scope);
    const program = await placeScript(join(directory, 'php'), 'PHP 8.2.1 (cli)');
    const table = tableOf({ path: directory });
    const asked = async () => (await readFile(`${program}.asked`, 'utf8')).trim().split('\n').length;

    await Promise.all([table.of('php'), table.of('php'), table.of('php')]);
    assert.is(await asked(), 1);

    await placeScript(program, 'PHP 8.3.0 (cli)');
    await utimes(program, 1, 1);
    assert.is((await table.of('php'))[0]?.version, '8.3.0');
    assert.is(await asked(), 2);
  });

  it('notices what is installed and removed', async (scope) => {
    const userHome = await scratchDirectory(scope);
    const table = tableOf({ userHome });
    assert.equal(await table.of('ruby'), []);

    await placeProgram(join(userHome, '.rbenv/versions/3.2.2/bin/ruby'));
    assert.is((await table.of('ruby'))[0]?.name, 'ruby32');

    await rm(join(userHome, '.rbenv'), { recursive: true });
    assert.equal(await table.of('ruby'), []);
  });

  it('reads the version of a Java and a Go from the file that comes with them', async (scope) => {
    const root = await scratchDirectory(scope);
    for (const [family, file, text] of [
      ['java', 'release', 'IMPLEMENTOR="X"\nJAVA_VERSION="17.0.15"\n'],
      ['go', 'VERSION', 'go1.22.5\ntime 2024\n'],
    ] as const) {
      await placeScript(join(root, family, 'bin', family), 'nothing of use');
      await writeFile(join(root, family, file), text);
    }

    const table = tableOf({ path: `${root}/java/bin:${root}/go/bin` });

    assert.is((await table.of('java'))[0]?.version, '17.0.15');
    assert.is((await table.of('go'))[0]?.version, '1.22.5');
  });

  it('finds the real node of this machine', async () => {
    const table = tableOf({ path: process.env['PATH'] ?? '', programDirectories: ['/usr/bin'] });

    const [first] = (await table.of('node')).filter(({ version }) => version === process.versions.node);

    assert.is(first?.architecture, process.arch);
    assert.is(first?.name, `node${process.versions.node.split('.')[0]}`);
  });
});

describe('shim of a manager', (it) => {
  const script = '#!/bin/sh\nexec manager';

  it('is not taken for a runtime: what its user chose is, where it is there', async (scope) => {
    const root = await scratchDirectory(scope);
    for (const path of ['versions/3.11.4/bin/python3', 'versions/3.11.10/bin/python3', 'versions/3.12.0/bin/python3']) {
      await placeProgram(join(root, 'py', path));
    }
    await placeScript(join(root, 'py/shims/python3'), script);
    const choose = (text: string) => writeFile(join(root, 'py/version'), text);
    const table = tableOf({ path: join(root, 'py/shims') });
    const first = async () => (await rowsOf(table, 'python', root))[0];

    await choose('system:3.11\n');
    assert.is(await first(), 'PATH 3.11.10 py/versions/3.11.10/bin/python3');
    assert.is((await table.of('python'))[0]?.found_in, join(root, 'py/version'));

    await choose('3.11.4\n3.12.0\n');
    assert.is(await first(), 'PATH 3.11.4 py/versions/3.11.4/bin/python3');
  });

  it('leads to the other versions of its manager, also where only the PATH tells where that is', async (scope) => {
    const root = await scratchDirectory(scope);
    await placeProgram(join(root, '.rbenv/versions/3.2.2/bin/ruby'));
    await placeScript(join(root, '.rbenv/shims/ruby'), script);

    const found = await rowsOf(tableOf({ path: join(root, '.rbenv/shims') }), 'ruby', root);

    assert.equal(found, ['rbenv 3.2.2 .rbenv/versions/3.2.2/bin/ruby']);
  });

  it('of asdf, mise and volta goes by the files of each', async (scope) => {
    const root = await scratchDirectory(scope);
    await placeProgram(join(root, '.asdf/installs/nodejs/20.11.0/bin/node'));
    await placeProgram(join(root, '.asdf/installs/nodejs/22.0.0/bin/node'));
    await placeScript(join(root, '.asdf/shims/node'), script);
    await writeFile(join(root, '.tool-versions'), 'ruby 3.2.2\nnodejs 20.11.0\n');
    const data = join(root, '.local/share/mise');
    await placeProgram(join(data, 'installs/ruby/3.3.0/bin/ruby'));
    await placeProgram(join(root, 'mise'));
    await mkdir(join(data, 'shims'), { recursive: true });
    await symlink(join(root, 'mise'), join(data, 'shims/ruby'));
    await mkdir(join(root, '.config/mise'), { recursive: true });
    await writeFile(join(root, '.config/mise/config.toml'), '[tools]\nruby = ["3.3", "3.2"]\n');
    await placeProgram(join(root, '.volta/tools/image/node/18.20.4/bin/node'));
    await placeProgram(join(root, '.volta/bin/node'));
    await mkdir(join(root, '.volta/tools/user'), { recursive: true });
    await writeFile(join(root, '.volta/tools/user/platform.json'), '{"node":{"runtime":"18.20.4","npm":null}}');

    const first = async (family: ToolFamily, path: string) =>
      (await rowsOf(tableOf({ path: join(root, path), userHome: root }), family, root))[0];

    assert.is(await first('node', '.asdf/shims'), 'PATH 20.11.0 .asdf/installs/nodejs/20.11.0/bin/node');
    assert.is(
      await first('ruby', '.local/share/mise/shims'),
      'PATH 3.3.0 .local/share/mise/installs/ruby/3.3.0/bin/ruby',
    );
    assert.is(await first('node', '.volta/bin'), 'PATH 18.20.4 .volta/tools/image/node/18.20.4/bin/node');
  });
});
