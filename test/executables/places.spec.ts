import { existsSync } from 'node:fs';
import { cp, readdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import * as assert from 'uvu/assert';
import { natsServerProgram } from '../support/programs.ts';
import { scratchDirectory } from '../support/scratch.ts';
import { describe } from '../support/spec.ts';
import { machineFor, without, withoutNode } from './machine.ts';

const withoutNatsServer = without('nats-server');
const remedy = 'Name a directory with 200 MB of room from which programs may be executed: LOCALPAAS_CACHE=DIR.';
const upAnywhere = ['up', '--port', '0', '--bus-port', '0'] as const;

/** Lines of shell: the cache lies on a file system of its own, mounted with these options. */
const cacheOn = (options: string) =>
  `mkdir -p $HOME/.cache/localpaas; mount -t tmpfs -o ${options} none $HOME/.cache/localpaas`;

/** Ways in which a directory cannot be used, and what is said of it. */
const unusable = {
  'is read-only': ['ro', 'it is on a file system that is mounted read-only (EROFS)'],
  'is full': ['size=1m', 'the disk is full (ENOSPC)'],
  'does not let programs be executed': ['noexec', 'programs may not be executed there (mounted noexec?) (EACCES)'],
} as const;

describe(
  'an executable whose cache',
  (it) => {
    for (const [what, [options, says]] of Object.entries(unusable)) {
      it(`${what} unpacks into the home, with all it needs to run an app`, async (scope) => {
        const { up, ok, home } = await machineFor(scope, { mount: `${withoutNode}; ${cacheOn(options)}` });

        const platform = await up();
        await ok('push', 'sample-apps/hello-node');

        assert.is((await platform.get('hello-node')).status, 200);
        const names = await readdir(join(home, '.localpaas/cache'));
        assert.ok(
          names.some((name) => name.startsWith('nats-server-')) && names.some((name) => name.startsWith('node-')),
        );
      });

      it(`${what}, and was named, says so and takes no other`, async (scope) => {
        const home = await scratchDirectory(scope);
        const named = join(home, 'named');
        const mount = `${withoutNatsServer}; mkdir ${named}; mount -t tmpfs -o ${options} none ${named}`;
        const { run } = await machineFor(scope, { mount, env: { LOCALPAAS_CACHE: named } });

        const { code, err } = await run(...upAnywhere);

        assert.is(code, 4);
        assert.match(
          err,
          `error  localpaas could not unpack its nats-server:\n- ${named}: ${says}\n       ${remedy}\n`,
        );
      });
    }

    it('is no better than its home tells what is wrong with both', async (scope) => {
      const mount = `${withoutNatsServer}; ${cacheOn('noexec')}; mkdir -p $HOME/.localpaas; mount -t tmpfs -o noexec none $HOME/.localpaas`;
      const { run, home } = await machineFor(scope, { mount });

      const { code, err } = await run(...upAnywhere);

      assert.is(code, 4);
      for (const place of ['.cache/localpaas', '.localpaas/cache']) {
        assert.match(err, `- ${home}/${place}: programs may not be executed there (mounted noexec?) (EACCES)\n`);
      }
      assert.match(err, remedy);
    });

    it('is a file says so', async (scope) => {
      const { run, home } = await machineFor(scope, {
        mount: withoutNatsServer,
        env: { LOCALPAAS_CACHE: '/dev/null' },
      });
      const other = await machineFor(scope, {
        home,
        mount: withoutNatsServer,
        env: { LOCALPAAS_CACHE: '/dev/null/cache' },
      });

      for (const { code, err } of [await run(...upAnywhere), await other.run(...upAnywhere)]) {
        assert.is(code, 4);
        assert.match(
          err,
          /could not unpack its nats-server:\n- \/dev\/null(\/cache)?: a part of the path is a file \(/,
        );
        assert.match(err, remedy);
      }
    });

    it('has a relative name is found from everywhere', async (scope) => {
      const cwd = await scratchDirectory(scope);
      const { up, ok } = await machineFor(scope, { cwd, mount: withoutNode, env: { LOCALPAAS_CACHE: 'cache' } });

      const platform = await up();
      await ok('push', resolve('sample-apps/hello-node'));

      assert.is((await platform.get('hello-node')).status, 200);
      assert.ok(existsSync(join(cwd, 'cache')));
    });

    it('cannot be used runs with an installed nats-server', async (scope) => {
      const bin = await scratchDirectory(scope);
      await cp(await natsServerProgram(), join(bin, 'nats-server'));
      const env = { LOCALPAAS_CACHE: '/dev/null', PATH: `${bin}:/usr/bin:/bin` };

      const { up, ok } = await machineFor(scope, { env });
      await up();

      assert.match(await ok('doctor'), `installed on this machine: ${bin}/nats-server.`);
    });
  },
  { timeoutMs: 120_000 },
);
