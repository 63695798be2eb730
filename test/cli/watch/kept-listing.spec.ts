import { execFileSync } from 'node:child_process';
import { chmod, cp, link, mkdir, readdir, rename, rm, symlink, unlink, utimes, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import type { AppFile } from '#cli/push/app-file.ts';
import { appFilesIn } from '#cli/push/app-files.ts';
import { KeptListing } from '#cli/watch/kept-listing.ts';
import { Random } from '../../fuzz/random.ts';
import { scratchDirectory } from '../../support/scratch.ts';
import { describe, type Scope } from '../../support/spec.ts';

interface Listed {
  readonly folder: string;
  readonly listing: KeptListing;
  /** The directories that are watched. */
  readonly watched: Set<string>;
  put(path: string, content?: string): Promise<void>;
}

async function listed(scope: Scope, files: readonly string[] = ['app.js', 'lib/a.js', 'lib/b.js']): Promise<Listed> {
  const folder = join(await scratchDirectory(scope), 'shop');
  await mkdir(folder);
  const watched = new Set<string>();
  const keepOnly = (directories: ReadonlySet<string>) => {
    for (const each of watched) if (!directories.has(each)) watched.delete(each);
  };
  const listing = new KeptListing(folder, { add: (directory) => void watched.add(directory), keepOnly });
  const put = async (path: string, content = path) => {
    await mkdir(join(folder, path, '..'), { recursive: true });
    await writeFile(join(folder, path), content);
  };
  for (const path of files) await put(path);
  await listing.lookAtAll(0);
  return { folder, listing, watched, put };
}

const pathsOf = (listing: KeptListing) => listing.files().map(({ path }) => path);
/** The time of a directory is that of its entries, and of no use. */
const comparable = (files: readonly AppFile[]) =>
  files.map((file) => (file.kind === 'directory' ? { ...file, modifiedAt: 0 } : file));
/** Long after the first look. */
const later = 10_000;
const hint = (...paths: string[]) => new Set(paths);

describe('a listing that is kept', (it) => {
  it('is what a push would send, in its order', async (scope) => {
    const { folder, listing, put } = await listed(scope, [
      'b/z/1',
      'b.js',
      'b/a',
      'a',
      'b-c/x',
      'secret/x',
      '.cfignore',
    ]);
    await put('.cfignore', 'secret\n');
    await put('b/y/deep', '');
    await chmod(join(folder, 'a'), 0o750);

    await listing.lookAt(hint('b/y', '.cfignore', 'a'), later);

    assert.equal(comparable(listing.files()), comparable(appFilesIn(folder)));
  });

  it('tells what changed, and looks nowhere else', async (scope) => {
    const { listing, put } = await listed(scope);
    const [app] = listing.files();
    await put('lib/a.js', 'other');
    await put('lib/b.js', 'other');

    const { changed } = await listing.lookAt(hint('lib/a.js'), later);

    assert.equal([...changed], ['lib/a.js']);
    assert.is(listing.files()[0], app, 'what did not change is the object it was');
    assert.equal([...(await listing.lookAtAll(later)).changed], ['lib/b.js']);
    assert.is((await listing.lookAtAll(later)).changed.size, 0);
  });

  it('follows files and directories that come, go and are renamed', async (scope) => {
    const { folder, listing, watched, put } = await listed(scope);
    await put('new/deep/c.js');
    await rename(join(folder, 'lib'), join(folder, 'src'));
    await unlink(join(folder, 'app.js'));

    await listing.lookAt(hint('new', 'lib', 'src', 'app.js', 'new/deep/c.js', 'gone/for/long'), later);

    assert.equal(pathsOf(listing), ['new', 'new/deep', 'new/deep/c.js', 'src', 'src/a.js', 'src/b.js']);
    assert.equal([...watched].sort(), ['', 'new', 'new/deep', 'src']);
  });

  it('takes a file that became a directory, and the other way round', async (scope) => {
    const { folder, listing, put } = await listed(scope);
    await rm(join(folder, 'lib'), { recursive: true });
    await put('lib', 'now a file');
    await unlink(join(folder, 'app.js'));
    await put('app.js/index.js');

    await listing.lookAt(hint('lib', 'app.js'), later);

    assert.equal(comparable(listing.files()), comparable(appFilesIn(folder)));
  });

  it('looks at everything again when .cfignore says something else', async (scope) => {
    const { listing, watched, put } = await listed(scope);
    await put('.cfignore', 'lib/\n');

    await listing.lookAt(hint('.cfignore'), later);

    assert.equal(pathsOf(listing), ['app.js']);
    assert.equal([...watched], ['']);
    assert.ok(listing.leavesOut('manifest.yml'));
    assert.not.ok(listing.leavesOut('.cfignore'));
  });

  it('leaves out what editors and tools write for themselves, unless .cfignore takes it in', async (scope) => {
    const { listing, put } = await listed(scope);
    const junk = ['.app.js.swp', '4913', 'app.js~', '.#app.js', '#app.js#', 'x___jb_tmp___', '.idea/w.xml', 'x.pyc'];
    for (const path of [...junk, 'node_modules/.cache/x', 'node_modules/x.js']) await put(path);

    await listing.lookAtAll(later);
    assert.equal(pathsOf(listing), ['app.js', 'lib', 'lib/a.js', 'lib/b.js', 'node_modules', 'node_modules/x.js']);

    await put('.cfignore', '!app.js~\n');
    await listing.lookAtAll(later);
    assert.ok(pathsOf(listing).includes('app.js~'));
  });

  it('renews a file that was written again so soon that its times may be the same', async (scope) => {
    const { folder, listing } = await listed(scope);
    const before = listing.files()[0];

    await listing.lookAt(hint('app.js'), 100);
    assert.is.not(listing.files()[0], before);

    const renewed = listing.files()[0];
    await listing.lookAt(hint('app.js'), later);
    assert.is(listing.files()[0], renewed);
    await utimes(join(folder, 'app.js'), 1, 1);
    await listing.lookAt(hint('app.js'), later);
    assert.is.not(listing.files()[0], renewed);
  });

  it('tells that a file lost its content', async (scope) => {
    const { listing, put } = await listed(scope);

    await put('app.js', '');
    assert.ok((await listing.lookAt(hint('app.js'), later)).wasEmptied);
    await put('app.js', '1');
    assert.not.ok((await listing.lookAt(hint('app.js'), later)).wasEmptied);
  });

  it('watches the upper levels of dependencies only', async (scope) => {
    const files = [
      'node_modules/x/lib/i.js',
      'node_modules/@a/b/lib/i.js',
      'packages/y/node_modules/z/src/i.js',
      'a/b/c/d/e',
    ];

    const { watched } = await listed(scope, files);

    assert.equal([...watched].sort(), [
      '',
      'a',
      'a/b',
      'a/b/c',
      'a/b/c/d',
      'node_modules',
      'node_modules/@a',
      'node_modules/@a/b',
      'node_modules/x',
      'node_modules/x/lib',
      'packages',
      'packages/y',
      'packages/y/node_modules',
      'packages/y/node_modules/z',
      'packages/y/node_modules/z/src',
    ]);
  });

  it('names what cannot be pushed, until it can', async (scope) => {
    const { folder, listing } = await listed(scope);
    const server = createServer().listen(join(folder, 'app.sock'));
    scope.defer(() => server.close());
    execFileSync('mkfifo', [join(folder, 'pipe')]);
    await symlink('/etc/passwd', join(folder, 'out'));
    await symlink('loop', join(folder, 'loop'));
    await symlink('not/there', join(folder, 'nowhere'));

    await listing.lookAtAll(later);

    assert.equal(
      listing.problems().map(({ message }) => message.slice(0, 19)),
      ["'app.sock' is neith", "'loop' is a link th", "'out' is a link to ", "'pipe' is neither a"],
    );
    for (const name of ['app.sock', 'pipe', 'out', 'loop']) await rm(join(folder, name));
    await listing.lookAt(hint('app.sock', 'pipe', 'out', 'loop'), later);
    assert.equal(listing.problems(), []);
    assert.ok(pathsOf(listing).includes('nowhere'), 'a link that leads nowhere is pushed as it is');
  });

  it('says that a folder is gone, empty or no folder, and is as before when it is back', async (scope) => {
    const { folder, listing } = await listed(scope);
    const away = `${folder}-away`;
    const before = listing.files();
    const refusal = async () => {
      try {
        await listing.lookAtAll(later);
      } catch (error) {
        return String(error);
      }
      return String(listing.problems()[0]);
    };

    await rename(folder, away);
    assert.match(await refusal(), 'shop is gone');
    await writeFile(folder, '');
    assert.match(await refusal(), 'shop is not a folder any more');
    await rm(folder);
    await mkdir(folder);
    assert.match(await refusal(), 'shop is empty');
    await rm(folder, { recursive: true });
    await rename(away, folder);
    assert.is((await listing.lookAtAll(later)).changed.size, before.length, 'the empty one was seen in between');
    assert.equal(pathsOf(listing), ['app.js', 'lib', 'lib/a.js', 'lib/b.js']);
  });

  it('is read through a link to the folder, and follows it', async (scope) => {
    const directory = await scratchDirectory(scope);
    for (const release of ['one', 'two']) {
      await mkdir(join(directory, release));
      await writeFile(join(directory, release, release), release);
      await symlink(release, join(directory, release, 'same'));
    }
    const current = join(directory, 'current');
    await symlink('one', current);
    const listing = new KeptListing(current, { add: () => {}, keepOnly: () => {} });
    await listing.lookAtAll(0);
    assert.equal(pathsOf(listing), ['one', 'same']);

    await rm(current);
    await symlink('two', current);
    await listing.lookAtAll(later);

    assert.equal(pathsOf(listing), ['same', 'two']);
    assert.equal(listing.problems(), []);
  });

  it('notices that a file was replaced by another of the same size and age', async (scope) => {
    const { folder, listing, put } = await listed(scope);
    await put('other', 'app.jz');
    await utimes(join(folder, 'app.js'), 5, 5);
    await utimes(join(folder, 'other'), 5, 5);
    await listing.lookAtAll(later);

    await rename(join(folder, 'other'), join(folder, 'app.js'));

    assert.equal([...(await listing.lookAtAll(2 * later)).changed].sort(), ['app.js', 'other']);
  });

  it('is right after any sequence of changes', async (scope) => {
    const { folder, listing, put } = await listed(scope);
    const names = ['a', 'b', 'c/d', 'c/e', 'c/f/g', 'h/i'];
    const steps = [
      (at: string) => put(at, String(random.next())),
      (at: string) => rm(join(folder, at), { recursive: true, force: true }),
      (at: string) =>
        rm(join(folder, at, '..'), { recursive: true, force: true }).then(() => mkdir(folder, { recursive: true })),
      (at: string) => mkdir(join(folder, at), { recursive: true }),
      (at: string) => cp(join(folder, 'lib'), join(folder, at), { recursive: true, force: true }),
      (at: string) => link(join(folder, 'lib/a.js'), join(folder, at)),
    ];
    const random = new Random(7);

    for (let round = 1; round <= 60; round += 1) {
      for (let step = 0; step < 3; step += 1)
        await random
          .of(steps)(random.of(names))
          .catch(() => {}); // some are impossible
      await put('lib/a.js', 'x');
      const hints = (await readdir(folder, { recursive: true })).concat(
        names,
        'c',
        'c/f',
        'h',
        'app.js',
        'lib',
        'lib/a.js',
        '',
      );
      await listing.lookAt(hint(...(round % 2 === 0 ? hints : hints.filter((each) => each !== ''))), round * later);

      assert.equal(comparable(listing.files()), comparable(appFilesIn(folder)));
    }
  });
});
