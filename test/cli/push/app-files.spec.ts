import { execFileSync } from 'node:child_process';
import { chmod, mkdir, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { appFilesIn } from '#cli/push/app-files.ts';
import { ActionableError } from '#ground/errors.ts';
import { scratchDirectory } from '../../support/scratch.ts';
import { describe } from '../../support/spec.ts';

function refusalOf(folder: string): string {
  try {
    return `taken: ${appFilesIn(folder).map(({ path }) => path)}`;
  } catch (error) {
    if (!(error instanceof ActionableError)) throw error;
    return `${error.code} ${error.message} ${error.remedy}`;
  }
}

describe('app files', (it) => {
  it('are everything in the folder with its mode and size, directories before what they hold', async (scope) => {
    const folder = await scratchDirectory(scope);
    await mkdir(join(folder, 'bin'));
    await mkdir(join(folder, 'empty'));
    await mkdir(join(folder, 'node_modules/x'), { recursive: true });
    await writeFile(join(folder, 'bin/run'), '#!/bin/sh\n', { mode: 0o755 });
    await writeFile(join(folder, 'app.js'), '', { mode: 0o640 });
    await writeFile(join(folder, 'node_modules/x/i.js'), '1');
    await symlink('../app.js', join(folder, 'bin/link'));

    const files = appFilesIn(folder);

    assert.equal(
      files.map(({ path, kind, sizeBytes, target }) => [path, kind, sizeBytes, target]),
      [
        ['app.js', 'file', 0, undefined],
        ['bin', 'directory', 0, undefined],
        ['bin/link', 'symlink', 0, '../app.js'],
        ['bin/run', 'file', 10, undefined],
        ['empty', 'directory', 0, undefined],
        ['node_modules', 'directory', 0, undefined],
        ['node_modules/x', 'directory', 0, undefined],
        ['node_modules/x/i.js', 'file', 1, undefined],
      ],
    );
    assert.is(files.find(({ path }) => path === 'bin/run')?.mode, 0o755);
    assert.is(files.find(({ path }) => path === 'app.js')?.mode, 0o640);
  });

  it('are without those .cfignore names, and ignored directories are not looked into', async (scope) => {
    const folder = await scratchDirectory(scope);
    await mkdir(join(folder, 'secret'));
    await symlink('/etc/passwd', join(folder, 'secret/out'));
    await writeFile(join(folder, 'a.log'), 'x');
    await writeFile(join(folder, 'app.js'), 'x');
    await writeFile(join(folder, '.cfignore'), 'secret/\n*.log\n');

    assert.equal(
      appFilesIn(folder).map(({ path }) => path),
      ['app.js'],
    );
  });

  it('may be links to what lies in the app, even if it is not there', async (scope) => {
    const folder = await scratchDirectory(scope);
    await mkdir(join(folder, 'a'));
    await writeFile(join(folder, 'x'), '');
    await symlink('missing', join(folder, 'a/dangling'));
    await symlink('..', join(folder, 'a/up'));

    assert.equal(
      appFilesIn(folder).flatMap(({ target }) => target ?? []),
      ['missing', '..'],
    );
  });

  it('may not be links that lead out of the app, directly, absolutely or through another', async (scope) => {
    const outside = await scratchDirectory(scope);
    await writeFile(join(outside, 'x'), '');
    for (const [name, target] of [
      ['up', '../x'],
      ['absolute', join(outside, 'x')],
      ['deep', 'a/../../x'],
    ] as const) {
      const folder = join(outside, name);
      await mkdir(join(folder, 'a'), { recursive: true });
      await writeFile(join(folder, 'app.js'), '');
      await symlink(target, join(folder, 'link'));

      assert.is(
        refusalOf(folder),
        `BAD_INPUT 'link' is a link to '${target}', outside the app. Copy what it leads to into the app, or name the link in .cfignore.`,
      );
    }

    // `in` stays inside by its text, and is taken outside by where `b` leads.
    const folder = join(outside, 'through');
    await mkdir(join(folder, 'a'), { recursive: true });
    await writeFile(join(folder, '.cfignore'), 'b\n');
    await writeFile(join(folder, 'app.js'), '');
    await symlink('..', join(folder, 'b'));
    await symlink('b/x', join(folder, 'in'));
    assert.match(refusalOf(folder), /^BAD_INPUT 'in' is a link to 'b\/x', outside the app\./);
  });

  it('may not be links in circles, and may be links to what is not there', async (scope) => {
    const folder = await scratchDirectory(scope);
    await writeFile(join(folder, 'app.js'), '');
    await symlink('not/there', join(folder, 'dangling'));
    assert.is(refusalOf(folder), 'taken: app.js,dangling');

    await symlink('there', join(folder, 'here'));
    await symlink('here', join(folder, 'there'));

    assert.is(
      refusalOf(folder),
      "BAD_INPUT 'here' is a link that leads in circles. Have it lead to something, remove it, or name it in .cfignore.",
    );
  });

  it('must be there: an empty folder cannot be pushed', async (scope) => {
    const folder = await scratchDirectory(scope);
    await mkdir(join(folder, 'empty'));
    await writeFile(join(folder, 'manifest.yml'), 'applications: []');

    assert.is(
      refusalOf(folder),
      `BAD_INPUT ${folder} is empty, or its .cfignore leaves out everything: there is nothing to push. Name the folder of the app, and look what its .cfignore says.`,
    );
  });

  it('must be files, folders or links', async (scope) => {
    const folder = await scratchDirectory(scope);
    await writeFile(join(folder, 'app.js'), '');
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(join(folder, 'app.sock'), resolve));
    scope.defer(() => new Promise((resolve) => server.close(resolve)));

    assert.match(refusalOf(folder), /^BAD_INPUT 'app\.sock' is neither a file nor a folder nor a link\. Remove it/);
  });

  it(
    'must be readable',
    async (scope) => {
      if (process.getuid?.() === 0) {
        // Root may read everything, so somebody else has to look.
        const folder = await scratchDirectory(scope);
        await chmod(folder, 0o755);
        await writeFile(join(folder, 'secret'), 'x', { mode: 0o600 });
        const seen = lookAs(65_534, folder);
        assert.match(seen, /BAD_INPUT 'secret' cannot be read: you may not\. Give yourself the right to read it/);
        return;
      }
      const folder = await scratchDirectory(scope);
      await writeFile(join(folder, 'secret'), 'x', { mode: 0 });
      assert.match(refusalOf(folder), /^BAD_INPUT 'secret' cannot be read: you may not/);
    },
    { timeoutMs: 120_000 },
  );

  it(
    'may be 50,000 and not one more',
    async (scope) => {
      const folder = await scratchDirectory(scope);
      execFileSync('sh', ['-c', 'seq 1 50001 | xargs touch'], { cwd: folder });

      assert.match(
        refusalOf(folder),
        /^BAD_INPUT There are more than 50,000 files in this folder\. Check that it is the right one/,
      );
    },
    { timeoutMs: 120_000 },
  );
});

/** Looks at a folder in a process of another user. */
function lookAs(uid: number, folder: string): string {
  const code = `
    const [path, folder] = process.argv.slice(1);
    const { appFilesIn } = await import(path);
    process.setuid(${uid});
    try { appFilesIn(folder); console.log('taken'); } catch (error) { console.log(error.code, error.message, error.remedy); }`;
  const module = new URL('../../../src/cli/push/app-files.ts', import.meta.url).href;
  return execFileSync(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', code, module, folder], {
    encoding: 'utf8',
  });
}
