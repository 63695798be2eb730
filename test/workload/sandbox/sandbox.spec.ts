import { once } from 'node:events';
import { chmod, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { startChild } from '#ground/child.ts';
import { environmentVariableOf, processTable } from '#ground/processes.ts';
import { waitFor } from '#ground/wait.ts';
import { isolationHere } from '#workload/sandbox/index.ts';
import { scratchDirectory } from '../../support/scratch.ts';
import { describe } from '../../support/spec.ts';
import { thrownBy } from '../../support/thrown.ts';
import { kindsHere, tried } from './kinds.ts';

const { kinds, reasons } = await kindsHere();

describe(
  'a sandbox',
  (it) => {
    it('can be had here, of one kind at least', async () => {
      if (process.platform !== 'linux') return;
      assert.ok(kinds.length > 0, reasons.join('; '));
      assert.is((await isolationHere()).level, 2);
    });

    for (const kind of kinds) {
      const by = `by ${kind.name}`;

      it(`lets programs write where they may, and nowhere else, ${by}`, async (scope) => {
        const { run, at } = await tried(scope, kind);
        const home = process.env['HOME'] ?? '/';
        const targets = ['/etc', '/usr', '/', '/var', at('seen'), at(''), ...(home.startsWith('/tmp') ? [] : [home])];
        for (const target of targets) {
          const { err, ended } = await run(`echo x > '${target}/sandbox-was-here'`);
          assert.is(ended, 1, target);
          assert.match(err, 'Read-only file system', target);
        }
        assert.equal(await run('echo x > file && cat file'), { out: 'x\n', err: '', ended: 0 });
        assert.is(await readFile(at('own/file'), 'utf8'), 'x\n');
      });

      it(`hides what it is told to, and shows what is below it where that is wanted, ${by}`, async (scope) => {
        const { run, at } = await tried(scope, kind);
        assert.is((await run(`ls -A '${at('')}'`)).out, 'hidden\nown\nseen\n');
        assert.is((await run(`ls -A '${at('hidden')}'`)).out, '');
        assert.is((await run(`cat '${at('seen/file')}'`)).out, 'a file');
      });

      it(`has a /tmp of its own, which lasts as long as it, ${by}`, async (scope) => {
        const { run, at } = await tried(scope, kind);
        const name = `sandbox-${process.pid}-${kind.name}`;
        assert.is((await run(`echo x > /tmp/${name}`)).ended, 0);
        assert.is((await run(`cat /tmp/${name}`)).out, 'x\n');
        assert.ok((await readdir(at('tmp'))).includes(name));
        assert.is(await stat(`/tmp/${name}`).catch(() => undefined), undefined);
      });

      it(`has devices and terminals of its own, ${by}`, async (scope) => {
        const { run } = await tried(scope, kind);
        const lines = ['echo x >/dev/null', 'head -c 3 /dev/zero | wc -c', '[ -c /dev/urandom ]', 'echo x >/dev/shm/x'];
        for (const line of lines) assert.is((await run(line)).ended, 0, line);
        assert.is((await run('cat <(echo substituted)')).out, 'substituted\n');
        assert.is((await run('ls /dev/vda /dev/sda /dev/nvme0n1 /dev/mem 2>/dev/null')).out, '');
        assert.is((await run('script --quiet --command "tty" /dev/null')).out.trim(), '/dev/pts/0');
      });

      it(`shows no process outside, and ends none, ${by}`, async (scope) => {
        const { run } = await tried(scope, kind);
        const outside = scope.use(await startChild({ program: 'sleep', args: ['60'], env: { PATH: '/usr/bin:/bin' } }));
        let isOver = false;
        void outside.exited.then(() => {
          isOver = true;
        });
        const { out } = await run(
          `kill -9 ${outside.pid} ${process.pid} 2>/dev/null; ls /proc | grep -c '^[0-9]'; echo $PPID`,
        );
        assert.match(out, /^[1-6]\n0\n$/);
        await run('kill -9 -1');
        assert.is((await run('echo still here')).out, 'still here\n');
        assert.is(isOver, false);
      });

      it(`runs programs as if there was none: user, directory, environment, status, signal, ${by}`, async (scope) => {
        const { run, at, sandbox } = await tried(scope, kind);
        const own = [process.getuid?.(), process.getgid?.()].join(':');
        assert.is((await run('echo "$(id -u):$(id -g)"; touch made')).out.trim(), own);
        assert.is((await stat(at('own/made'))).uid, process.getuid?.());
        assert.is((await run('pwd', { cwd: at('own') })).out, `${at('own')}\n`);
        assert.is((await run('exit 137')).ended, 137);
        assert.is((await run('kill -9 $$')).ended, 'SIGKILL');
        assert.is((await run('kill -TERM $$')).ended, 'SIGTERM');
        const env = {
          PATH: '/usr/bin:/bin',
          LD_LIBRARY_PATH: '/a',
          'npm_config_//x/:_auth': 'b c',
          EMPTY: '',
          LINES: 'a\nb',
        };
        const { out } = await run('', { env, program: 'env', args: ['-0'] });
        const seen = Object.fromEntries(
          out.split('\0').flatMap((each) => (each === '' ? [] : [each.split(/=(.*)/s, 2)])),
        );
        assert.equal(seen, env);
        await writeFile(at('own/odd=name'), '#!/bin/sh\necho odd "$1"\n');
        await chmod(at('own/odd=name'), 0o755);
        assert.is((await run('', { program: at('own/odd=name'), args: ['A=b'] })).out, 'odd A=b\n');
        const error = await thrownBy(() => sandbox.start({ program: 'no-such-program', env: { PATH: '/usr/bin' } }));
        assert.match(error.message, "The program 'no-such-program' cannot be started: ENOENT");
      });

      it(`does not load what an app names before the program itself runs, ${by}`, async (scope) => {
        const { run } = await tried(scope, kind);
        const { err } = await run('true', { env: { PATH: '/usr/bin:/bin', LD_PRELOAD: '/no/such/library.so' } });
        // The loader of bash says it, and the tools before bash do not.
        assert.ok(err.trim().split('\n').length <= 2, err);
      });

      it(`kills what is left when it is told to, whatever it did to hide, ${by}`, async (scope) => {
        const { run, sandbox } = await tried(scope, kind);
        const sleeping = "grep -ls '^sleep$' /proc/[0-9]*/comm | wc -l";
        // What runs them ends when they have hidden: until then its end would be theirs.
        await run(
          `setsid env -i sleep 600 >/dev/null 2>&1 & setsid bash -c 'trap "" TERM; (sleep 600 &)' >/dev/null 2>&1
          until [ "$(${sleeping})" = 2 ]; do :; done`,
        );

        await sandbox.clear();

        assert.is((await run(sleeping)).out, '0\n');
      });

      it(`ends with all that runs inside, ${by}`, async (scope) => {
        const mark = `sandbox-${process.pid}-${kind.name}`;
        {
          const { sandbox, at } = await tried(scope, kind);
          await using child = await sandbox.start({
            program: 'bash',
            args: ['-c', 'trap "" TERM; setsid sleep 600 & sleep 600'],
            cwd: at('own'),
            env: { PATH: '/usr/bin:/bin', MARK: mark },
          });
          await waitFor('the programs', async () => ((await marked(mark)).length >= 2 ? true : undefined), {
            limitMs: 15_000,
          });
          await sandbox[Symbol.asyncDispose]();
          await child.exited;
        }
        assert.equal(await marked(mark), []);
      });

      it(`ends with the process that made it, however that ends, ${by}`, async (scope) => {
        const directory = await scratchDirectory(scope);
        const mark = `orphan-${process.pid}-${kind.name}`;
        const args = ['--import', 'tsx', join(import.meta.dirname, 'hold-sandbox.ts'), kind.name, directory, mark];
        const env = { PATH: process.env['PATH'] ?? '', HOME: directory };
        const maker = scope.use(
          await startChild({ program: process.execPath, args, env, stdio: ['ignore', 'pipe', 'inherit'] }),
        );
        assert.ok(maker.stdout);
        await once(maker.stdout, 'data');
        assert.ok((await marked(mark)).length > 0);

        process.kill(maker.pid, 'SIGKILL');

        const gone = async () => ((await marked(mark)).length === 0 ? true : undefined);
        await waitFor('the end of the sandbox', gone, { limitMs: 15_000 });
      });

      it(`bounds the size of a file, ${by}`, async (scope) => {
        const { run } = await tried(scope, kind, { maxFileBytes: 100_000 });
        const { err, ended } = await run('head -c 200000 /dev/zero > large');
        assert.is(ended, 128 + 25);
        assert.match(err, 'File size limit exceeded');
      });

      it(`follows links to directories that are known by other names, ${by}`, async (scope) => {
        const directory = await scratchDirectory(scope);
        const view = { places: {}, hidden: [] };
        const { at, run } = await tried(scope, kind, { view });
        await symlink(at('own'), join(directory, 'link'));
        assert.is((await run(`echo x > '${join(directory, 'link')}/by-link'`)).ended, 0);
      });

      it(`lets nobody inside take its restrictions away, ${by}`, async (scope) => {
        const { run, at } = await tried(scope, kind);
        for (const line of [
          'mount -o remount,bind,rw /',
          'unshare --user --map-root-user --mount mount -o remount,bind,rw /',
          `unshare --user --map-root-user --mount umount '${at('hidden')}'`,
          'nsenter --target 1 --mount true',
          'mknod /tmp/disk b 254 0',
          'echo 1 > /proc/sys/vm/drop_caches',
          'ls /proc/1/root/',
        ]) {
          assert.is.not((await run(line)).ended, 0, line);
        }
      });
    }
  },
  { timeoutMs: 120_000 },
);

async function marked(mark: string): Promise<number[]> {
  const rows = (await processTable()).filter(
    ({ pid, state }) => state !== 'Z' && environmentVariableOf(pid, 'MARK') === mark,
  );
  return rows.map(({ pid }) => pid);
}
