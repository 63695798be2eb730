import { readdirSync } from 'node:fs';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import * as assert from 'uvu/assert';
import { type ZipMember, zipOf } from '#ground/zip.ts';
import { buildpackRepository, serveFolder, toyBuildpack, writeFiles } from '../support/buildpack-repository.ts';
import { startLocalpaas } from '../support/localpaas.ts';
import { scratchDirectory } from '../support/scratch.ts';
import { describe } from '../support/spec.ts';

const zipMembers = (files: Readonly<Record<string, string>>): ZipMember[] =>
  Object.entries(files).map(([path, text]) => ({
    path,
    kind: 'file',
    mode: 0o755,
    open: () => Readable.from([Buffer.from(text)]),
  }));

describe('buildpacks of other people', (it) => {
  it(
    'are added from a git repository, stage apps without it, are updated, disabled and removed',
    async (scope) => {
      const platform = await startLocalpaas(scope);
      const temporary = { env: { TMPDIR: await scratchDirectory(scope) } };
      const toy = await buildpackRepository(scope, toyBuildpack('the first version'));
      const app = await scratchDirectory(scope);
      await writeFiles(app, { 'toy.txt': 'a toy' });

      const added = JSON.parse(
        await platform.ok(['buildpacks', 'add', 'toy', `${toy.fileUrl}#main`, '--json'], temporary),
      );
      assert.is(added.position, 1);
      assert.is(added.source, `${toy.fileUrl}#main`);
      assert.match(added.commit, /^[0-9a-f]{40}$/);
      assert.match(
        await platform.ok(['buildpacks']),
        /\n1 +toy +yes +ready +file:\/\/.*toy\.git#main at [0-9a-f]{10}\n/,
      );

      // It was fetched once: without the repository it stages all the same.
      await rename(toy.bare, `${toy.bare}-away`);
      await platform.ok(['push', app, '--name', 'shop', '-m', '64M', '-b', 'toy']);
      assert.equal(await platform.get('shop', '/built.txt'), { status: 200, body: 'the first version\n' });
      const gone = await platform.run(['buildpacks', 'update', 'toy'], temporary);
      assert.is(gone.code, 1);
      assert.match(gone.err, 'Failed to clone git repository at file://');
      await rename(`${toy.bare}-away`, toy.bare);

      const commit = await toy.commit(toyBuildpack('the second version'));
      const updated = JSON.parse(await platform.ok(['buildpacks', 'update', 'toy', '--json'], temporary));
      assert.is(updated.commit, commit);
      await platform.ok(['restage', 'shop']);
      assert.is((await platform.get('shop', '/built.txt')).body, 'the second version\n');

      await platform.ok(['buildpacks', 'disable', 'toy']);
      const refused = await platform.run(['push', app, '--name', 'shop', '-b', 'toy']);
      assert.is(refused.code, 1);
      assert.match(refused.err, "The buildpack 'toy' is disabled: enable it with `localpaas buildpacks enable toy`.");

      const { out, err } = await platform.run(['buildpacks', 'remove', 'toy', '--force']);
      assert.is(out, 'toy is removed.\n');
      assert.match(err, 'shop cannot be staged again without it');
      assert.not.match(await platform.ok(['buildpacks', '--names']), /^toy$/m);
      assert.is((await platform.get('shop', '/built.txt')).status, 200);
      assert.equal(readdirSync(temporary.env.TMPDIR), []);
    },
    { timeoutMs: 120_000 },
  );

  it(
    'are used as they are at an address, at a tag or a commit; the command line says which of them it cannot get',
    async (scope) => {
      const platform = await startLocalpaas(scope);
      const temporary = { env: { TMPDIR: await scratchDirectory(scope) } };
      const toy = await buildpackRepository(scope, toyBuildpack('the tagged version'), 'v1');
      await toy.commit(toyBuildpack('the newest version'));
      const web = await serveFolder(scope, dirname(toy.bare));
      const app = await scratchDirectory(scope);
      await writeFiles(app, { 'toy.txt': 'a toy' });

      await platform.ok(['push', app, '--name', 'shop', '-m', '64M', '-b', `${web}/toy.git#v1`]);
      assert.is((await platform.get('shop', '/built.txt')).body, 'the tagged version\n');

      await platform.ok(['buildpacks', 'add', 'toy', `${web}/toy.git#v1`]);
      for (const [source, code, why] of [
        [`${web}/private/toy.git`, 1, 'https://USER:TOKEN@'],
        [`${web}/none.git`, 1, 'Check the address'],
        [`${web}/toy.git#v9`, 1, 'v9'],
      ] as const) {
        const refused = await platform.run(['buildpacks', 'add', 'other', source], temporary);
        assert.is(refused.code, code, refused.err);
        assert.match(refused.err, why);
      }
      const names = (await platform.ok(['buildpacks', '--names'])).split('\n');
      assert.ok(names.includes('toy') && !names.includes('other'));
      assert.equal(readdirSync(temporary.env.TMPDIR), []);

      await rm(toy.bare, { recursive: true });
      await platform.ok(['push', app, '--name', 'shop', '-b', 'toy']);
      assert.is((await platform.get('shop', '/built.txt')).body, 'the tagged version\n');
    },
    { timeoutMs: 120_000 },
  );

  it(
    'are taken from folders and zips, and put in order',
    async (scope) => {
      const platform = await startLocalpaas(scope);
      const folder = join(await scratchDirectory(scope), 'toy');
      await mkdir(folder);
      await writeFiles(folder, { ...toyBuildpack('a folder'), 'manifest.yml': 'its own' });
      const app = await scratchDirectory(scope);
      await writeFiles(app, { 'toy.txt': 'a toy', 'package.json': '{}' });
      const add = ['buildpacks', 'add', 'toy', './toy', '--position', '99', '--disable', '--json'];
      const added = JSON.parse(await platform.ok(add, { cwd: dirname(folder) }));
      assert.is(added.source, folder);
      assert.is(added.enabled, false);
      assert.ok(added.position > 5);

      const order = JSON.parse(await platform.ok(['buildpacks', 'order', 'toy', 'python', '--json']));
      assert.equal(
        order.slice(0, 3).map(({ name }: { name: string }) => name),
        ['toy', 'python', 'java'],
      );
      await platform.ok(['buildpacks', 'order', 'python', '1']);
      await platform.ok(['buildpacks', 'enable', 'toy']);
      await platform.ok(['buildpacks', 'rename', 'toy', 'toys']);
      assert.match(await platform.ok(['buildpacks']), /\n1 +python .*\n2 +toys +yes +ready +.*toy\n/);
      await platform.ok(['push', app, '--name', 'shop', '-m', '64M', '-b', 'toys']);
      assert.is((await platform.get('shop', '/built.txt')).body, 'a folder\n');

      const zip = join(dirname(folder), 'toy.zip');
      await writeFile(zip, await buffer(zipOf(zipMembers(toyBuildpack('a zip')))));
      await platform.ok(['buildpacks', 'update', 'toys', 'toy.zip'], { cwd: dirname(folder) });
      await platform.ok(['restage', 'shop']);
      assert.is((await platform.get('shop', '/built.txt')).body, 'a zip\n');
      await platform.ok(['buildpacks', 'update', 'toys', folder]);

      const before = await platform.ok(['buildpacks']);
      await rm(join(folder, 'bin'), { recursive: true });
      const refused = await platform.run(['buildpacks', 'update', 'toys']);
      assert.is(refused.code, 2);
      assert.match(refused.err, 'is no buildpack: it has no bin/detect');
      await writeFile(zip, 'no zip at all');
      const broken = await platform.run(['buildpacks', 'add', 'broken', zip]);
      assert.is(broken.code, 1);
      assert.match(broken.err, 'cannot be read');
      assert.is(await platform.ok(['buildpacks']), before);
      const builtIn = await platform.run(['buildpacks', 'remove', 'node', '--force']);
      assert.is(builtIn.code, 1);
      assert.match(builtIn.err, 'disable it, and add your own');
    },
    { timeoutMs: 120_000 },
  );
});
