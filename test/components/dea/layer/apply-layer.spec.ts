import { readdirSync, renameSync, symlinkSync } from 'node:fs';
import { mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { makeRunnable } from '#components/dea/prepare-directory.ts';
import { scratchDirectory } from '../../../support/scratch.ts';
import { describe, type Scope } from '../../../support/spec.ts';
import { thrownBy } from '../../../support/thrown.ts';
import { laidOver, layerFile, layerOf, type RawMember, rawTar, stage, tarOf, treeOf, unpacked } from './support.ts';

const startup = '#!/bin/bash\n%VCAP_LOCAL_RUNTIME% app.js\n';

async function sample(scope: Scope): Promise<string> {
  const tree = join(await scratchDirectory(scope), 'tree');
  await mkdir(join(tree, 'app/lib'), { recursive: true });
  await writeFile(join(tree, 'startup'), startup);
  await writeFile(join(tree, 'app/app.js'), 'old');
  await writeFile(join(tree, 'app/lib/one.js'), 'one');
  await writeFile(join(tree, 'app/lib/two.js'), 'two');
  return tree;
}

describe('a layer over a droplet', (it) => {
  it('leaves what it does not name as it was, and a file that a link of the droplet shares', async (scope) => {
    const tree = await sample(scope);
    const directory = await unpacked(scope, tree);
    const untouched = await stat(join(directory, 'app/lib/one.js'));

    await (await stage(scope, await layerOf(scope, { 'app/app.js': 'new', 'app/new/file.js': 'more' }))).applyTo(
      directory,
    );

    assert.is(await readFile(join(directory, 'app/app.js'), 'utf8'), 'new');
    assert.is((await stat(join(directory, 'app/new'))).mode & 0o777, 0o755 & ~process.umask());
    assert.equal(await stat(join(directory, 'app/lib/one.js')), untouched);
  });

  it('brings a startup, which gets the runtime as that of the droplet does', async (scope) => {
    const directory = await unpacked(scope, await sample(scope));
    const layer = await stage(
      scope,
      await layerOf(scope, { startup: '#!/bin/bash\n%VCAP_LOCAL_RUNTIME% other.js\n', logs: undefined }),
    );

    await layer.applyTo(directory);
    makeRunnable(directory, '/usr/bin/node');

    assert.is(await readFile(join(directory, 'startup'), 'utf8'), '#!/bin/bash\n/usr/bin/node other.js\n');
    assert.is((await stat(join(directory, 'startup'))).mode & 0o777, 0o500);
    assert.equal((await readdir(directory)).sort(), ['app', 'logs', 'startup', 'tmp']);
  });

  it('takes away what a directory held, and puts there what comes with it', async (scope) => {
    const opaque = { path: 'app/lib/.wh..wh..opq' };
    const tree = await sample(scope);

    const emptied = await laidOver(scope, tree, [opaque]);
    const replaced = await laidOver(scope, tree, [{ path: 'app/lib/three.js', content: '3' }, opaque]);
    const whole = await laidOver(scope, tree, [{ path: 'app/.wh.lib' }, { path: 'app/lib/two.js', content: '2' }]);
    const everything = await laidOver(scope, tree, [{ path: '.wh..wh..opq' }, { path: 'x', content: 'x' }]);

    assert.equal(await readdir(join(emptied, 'app/lib')), []);
    assert.equal(await readdir(join(replaced, 'app/lib')), ['three.js']);
    assert.equal(await readdir(join(whole, 'app/lib')), ['two.js']);
    assert.is(await readFile(join(whole, 'app/lib/two.js'), 'utf8'), '2');
    assert.equal(await readdir(everything), ['x']);
  });

  it('takes nothing away that is not there', async (scope) => {
    const tree = await sample(scope);

    const directory = await laidOver(scope, tree, [
      { path: 'app/.wh.x' },
      { path: 'no/.wh.x' },
      { path: 'app/app.js/.wh.x' },
    ]);

    assert.equal(treeOf(directory), treeOf(await unpacked(scope, tree)));
  });

  it('replaces a link, and never follows one', async (scope) => {
    const outside = await scratchDirectory(scope);
    await writeFile(join(outside, 'file'), 'outside');
    const tree = await sample(scope);
    await symlink(outside, join(tree, 'app/away'));
    await symlink(join(outside, 'file'), join(tree, 'app/file'));

    const directory = await laidOver(scope, tree, [
      { path: 'app/away/', type: 'Directory', mode: 0o755 },
      { path: 'app/away/file', content: 'inside' },
      { path: 'app/file', content: 'inside' },
    ]);
    const taken = await laidOver(scope, tree, [{ path: 'app/.wh.away' }, { path: 'app/away/file', content: 'inside' }]);

    assert.is(await readFile(join(directory, 'app/away/file'), 'utf8'), 'inside');
    assert.is(await readFile(join(directory, 'app/file'), 'utf8'), 'inside');
    assert.is(await readFile(join(taken, 'app/away/file'), 'utf8'), 'inside');
    assert.equal(await readdir(outside), ['file']);
    assert.is(await readFile(join(outside, 'file'), 'utf8'), 'outside');
  });

  it('is refused before anything is changed when something of it lies behind a link of the droplet', async (scope) => {
    const outside = await scratchDirectory(scope);
    await writeFile(join(outside, 'file'), 'outside');
    await mkdir(join(outside, 'below'));
    const tree = await sample(scope);
    await symlink(outside, join(tree, 'app/away'));
    const behind: Record<string, RawMember> = {
      'app/away/file': { path: 'app/away/file', content: 'x' },
      'app/away/below/x': { path: 'app/away/below/x', content: 'x' },
      'app/away/.wh.file': { path: 'app/away/.wh.file' },
      'app/away/.wh..wh..opq': { path: 'app/away/.wh..wh..opq' },
    };

    for (const [name, member] of Object.entries(behind)) {
      const directory = await unpacked(scope, tree);
      const before = treeOf(directory);
      const layer = await stage(scope, await layerFile(scope, rawTar({ path: 'app/app.js', content: 'new' }, member)));

      const { message } = await thrownBy(() => layer.applyTo(directory));

      assert.match(message, "lies behind 'app/away', which is a symbolic link in the droplet", name);
      assert.equal(treeOf(directory), before, name);
    }
    assert.equal((await readdir(outside)).sort(), ['below', 'file']);
  });

  it('stays in the tree when the app puts a link where a directory was meanwhile', async (scope) => {
    if (process.platform !== 'linux') return; // elsewhere there is no /proc

    const outside = await scratchDirectory(scope);
    const directory = await unpacked(scope, await sample(scope));
    const many = Object.fromEntries(Array.from({ length: 200 }, (_, n) => [`app/lib/${n}.js`, 'new']));
    const layer = await stage(scope, await layerOf(scope, many));

    const laid = layer.applyTo(directory);
    // It gives others a turn now and then: the first one is ours, before all is there.
    const before = readdirSync(join(directory, 'app/lib')).length;
    renameSync(join(directory, 'app/lib'), join(directory, 'app/moved'));
    symlinkSync(outside, join(directory, 'app/lib'));
    await laid;

    assert.ok(before < 200, `${before} were there already`);
    assert.equal(await readdir(outside), []);
    assert.is((await readdir(join(directory, 'app/moved'))).length, 202);
  });

  it('can be any tar of a directory', async (scope) => {
    const tree = await sample(scope);
    const other = await sample(scope);
    await writeFile(join(other, 'app/app.js'), 'new');
    await mkdir(join(other, `app/${'deep/'.repeat(40)}`), { recursive: true });
    await writeFile(join(other, `app/${'deep/'.repeat(40)}file`), 'far away');

    const directory = await unpacked(scope, tree);
    await (await stage(scope, await layerFile(scope, await tarOf(scope, other)))).applyTo(directory);

    assert.is(await readFile(join(directory, 'app/app.js'), 'utf8'), 'new');
    assert.is(await readFile(join(directory, `app/${'deep/'.repeat(40)}file`), 'utf8'), 'far away');
  });
});
