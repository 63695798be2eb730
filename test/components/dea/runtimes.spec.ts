import { chmod, mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { type RuntimePlaces, Runtimes } from '#components/dea/runtimes.ts';
import { scratchDirectory } from '../../support/scratch.ts';
import { describe, type Scope } from '../../support/spec.ts';

/** A directory with programs of these names. */
async function programs(scope: Scope, ...names: string[]): Promise<string> {
  const directory = await scratchDirectory(scope);
  for (const name of names) await writeFile(join(directory, name), '#!/bin/sh\n', { mode: 0o755 });
  return directory;
}

type Places = Partial<Pick<RuntimePlaces, 'runtimes' | 'strictRuntimes' | 'userHome'>> & { path: string };

function runtimesIn(places: Places): Runtimes {
  return new Runtimes({ nodeProgram: '/ours/node', programDirectories: [], ...places });
}

describe('runtimes', (it) => {
  it('are found in the PATH, in its order', async (scope) => {
    const [first, second] = [await programs(scope, 'ruby'), await programs(scope, 'ruby', 'php')];
    const runtimes = runtimesIn({ path: `${first}:${second}` });

    assert.is(runtimes.programOf('ruby'), join(first, 'ruby'));
    assert.is(runtimes.programOf('php'), join(second, 'php'));
  });

  it('are found in the home of the user', async (scope) => {
    const home = await scratchDirectory(scope);
    await mkdir(join(home, '.local/bin'), { recursive: true });
    await writeFile(join(home, '.local/bin/frobnicate'), '', { mode: 0o755 });

    const runtimes = runtimesIn({ path: '', userHome: home });

    assert.is(runtimes.find('frobnicate'), join(home, '.local/bin/frobnicate'));
  });

  it('are programs: neither directories, nor files that cannot be run, nor links to nothing', async (scope) => {
    const directory = await scratchDirectory(scope);
    await mkdir(join(directory, 'a-directory'));
    await writeFile(join(directory, 'a-file'), '', { mode: 0o644 });
    await symlink('/nowhere', join(directory, 'a-link'));

    const runtimes = runtimesIn({ path: directory });

    for (const name of ['a-directory', 'a-file', 'a-link']) assert.is(runtimes.find(name), undefined, name);
  });

  it('are noticed when they are installed, and when they are removed', async (scope) => {
    const directory = await programs(scope);
    const runtimes = runtimesIn({ path: directory });
    assert.is(runtimes.find('later'), undefined);

    await writeFile(join(directory, 'later'), '', { mode: 0o755 });
    assert.is(runtimes.find('later'), join(directory, 'later'));

    await chmod(join(directory, 'later'), 0o644);
    assert.is(runtimes.find('later'), undefined);
  });

  it('prefer python3, and take nodejs for node', async (scope) => {
    const directory = await programs(scope, 'python', 'python3', 'nodejs');
    const runtimes = runtimesIn({ path: directory });

    assert.is(runtimes.programOf('python'), join(directory, 'python3'));
    assert.ok(runtimes.families().includes('python'));
  });

  it('stand for all versions of their family', async (scope) => {
    const directory = await programs(scope, 'ruby', 'python3');
    const runtimes = runtimesIn({ path: directory });

    for (const name of ['ruby', 'ruby18', 'ruby19', 'ruby193']) {
      const info = { name, executable: 'ruby', version_output: 'ruby 1.9.3' };
      assert.equal(runtimes.choose(info), { ok: true, program: join(directory, 'ruby') }, name);
    }
    assert.equal(runtimes.choose({ name: 'python2' }), { ok: true, program: join(directory, 'python3') });
  });

  it('always have a node: the one of the platform', () => {
    const runtimes = runtimesIn({ path: '' });

    assert.equal(runtimes.families(), ['node']);
    assert.is(runtimes.programOf('node'), '/ours/node');
  });

  it('are also looked for where programs usually are', async (scope) => {
    const directory = await programs(scope, 'ruby');
    const runtimes = new Runtimes({ path: '', nodeProgram: '/ours/node', programDirectories: [directory] });

    assert.equal(runtimes.families(), ['ruby', 'node']);
  });

  it('are not needed by an app that names none', () => {
    const runtimes = runtimesIn({ path: '' });

    assert.equal(runtimes.choose({}), { ok: true, program: undefined });
    assert.equal(runtimes.choose({ name: '' }), { ok: true, program: undefined });
  });

  it('may be named by their path, or be of a family of their own', async (scope) => {
    const directory = await programs(scope, 'ruby-special', 'erl');
    const runtimes = runtimesIn({ path: directory });

    const special = join(directory, 'ruby-special');
    assert.equal(runtimes.choose({ name: 'ruby19', executable: special }), { ok: true, program: special });
    assert.equal(runtimes.choose({ name: 'erlangR14', executable: 'erl' }), {
      ok: true,
      program: join(directory, 'erl'),
    });
  });

  it('say what to install when they are missing', () => {
    const runtimes = runtimesIn({ path: '' });

    const reasonFor = (name: string, executable: string) => {
      const choice = runtimes.choose({ name, executable });
      return choice.ok ? '' : choice.reason;
    };
    assert.is(reasonFor('cobol85', 'cobc'), 'needs cobol85, which is not on this machine: install `cobc`');
    assert.match(
      reasonFor('ruby193', 'ruby'),
      /^needs ruby, which is not on this machine: install it with `.+ install ruby`$/,
    );
  });

  it('are only those a DEA is configured with, and any version of them', async (scope) => {
    const directory = await programs(scope, 'ruby', 'php');
    const runtimes = runtimesIn({ path: directory, runtimes: ['ruby19'] });

    assert.equal(runtimes.names(), ['ruby19']);
    assert.equal(runtimes.choose({ name: 'ruby19' }), { ok: true, program: join(directory, 'ruby') });
    assert.equal(runtimes.choose({ name: 'ruby18' }), { ok: true, program: join(directory, 'ruby') });
    assert.equal(runtimes.choose({ name: '' }), { ok: true, program: undefined });
    assert.equal(runtimes.choose({ name: 'php' }), {
      ok: false,
      reason: 'needs the runtime php, for which this DEA is not configured (it has: ruby19)',
    });
    assert.equal(runtimesIn({ path: directory, runtimes: [] }).names(), []);
    assert.not(runtimesIn({ path: directory, runtimes: [] }).choose({ name: 'ruby19' }).ok);
  });

  it('are exactly those that are asked for, on a strict DEA', async (scope) => {
    const directory = await programs(scope, 'ruby', 'ruby1.9');
    const runtimes = runtimesIn({ path: directory, runtimes: ['ruby19'], strictRuntimes: true });
    const reasonOf = (info: object) => {
      const choice = runtimes.choose({ name: 'ruby19', ...info });
      return choice.ok ? choice.program : choice.reason;
    };

    assert.is(reasonOf({ executable: 'ruby1.9' }), join(directory, 'ruby1.9'));
    assert.is(reasonOf({ executable: join(directory, 'ruby') }), join(directory, 'ruby'));
    assert.is(reasonOf({ executable: 'ruby1.8' }), 'needs ruby1.8, which is not on this machine: install it');
    assert.match(reasonOf({}) ?? '', 'does not say which program that is');
    assert.match(reasonOf({ name: 'ruby18', executable: 'ruby' }) ?? '', 'not configured (it has: ruby19)');
  });
});
