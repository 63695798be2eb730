import { chmod, cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { appendix } from '../../scripts/package/carry.ts';
import { natsServerProgram } from '../support/programs.ts';
import { scratchDirectory } from '../support/scratch.ts';
import { describe, type Scope } from '../support/spec.ts';
import { copyOfExecutable, machineFor, without } from './machine.ts';

const upAnywhere = ['up', '--port', '0', '--bus-port', '0'] as const;

/** One that carries a nats-server for a system newer than any. */
async function forNewerSystem(scope: Scope): Promise<string> {
  const { path, files } = await copyOfExecutable(scope);
  const { natsServer, node, files: carried } = files.index;
  const ends = Object.values(carried).flatMap(({ parts }) => parts.map(({ at, length }) => at + length));
  const whole = await readFile(path);
  const cargo = { files: carried, bytes: whole.subarray(files.at, files.at + Math.max(...ends)) };
  const changed = appendix(cargo, { natsServer: { ...natsServer, glibc: '9.99' }, node });
  await writeFile(path, Buffer.concat([whole.subarray(0, files.at), changed]));
  return path;
}

describe(
  'an executable on a system that lacks something',
  (it) => {
    it('names what is too old for its nats-server, and ways out', async (scope) => {
      const program = await forNewerSystem(scope);
      const { run } = await machineFor(scope, { program, mount: without('nats-server') });

      const { code, err } = await run(...upAnywhere);

      assert.is(code, 4);
      assert.match(
        err,
        /error {2}The nats-server which localpaas carries needs glibc 9\.99, and this system has 2\.\d+\.\n/,
      );
      assert.match(
        err,
        /Install nats-server 2\.10\.23 or newer, or name one: LOCALPAAS_NATS_SERVER=<path>\.\n.*https:/,
      );
      assert.match(
        (await run('doctor')).out,
        'problem  nats-server  The nats-server which localpaas carries needs glibc',
      );
    });

    it('takes an installed nats-server, or the one it is told, instead of its own', async (scope) => {
      const program = await forNewerSystem(scope);
      const bin = await scratchDirectory(scope);
      const natsServer = join(bin, 'nats-server');
      await cp(await natsServerProgram(), natsServer);

      for (const env of [{ PATH: `${bin}:/usr/bin:/bin` }, { LOCALPAAS_NATS_SERVER: natsServer }]) {
        const { up, ok } = await machineFor(scope, { program, env });
        await up();
        assert.match(await ok('doctor'), `${natsServer}.`);
      }
    });

    it('tells what is wrong with the nats-server it is told', async (scope) => {
      const { run } = await machineFor(scope, { env: { LOCALPAAS_NATS_SERVER: '/bin/true' } });

      const { code, err } = await run(...upAnywhere);

      assert.is(code, 4);
      assert.match(err, 'LOCALPAAS_NATS_SERVER names /bin/true, which is no nats-server that runs here');
    });

    it('says that it cannot read itself where /proc is not mounted', async (scope) => {
      const { run } = await machineFor(scope, { mount: 'mount -t tmpfs none /proc' });

      assert.equal(await run('--version'), {
        code: 4,
        out: '',
        err: 'localpaas cannot read its own file: /proc is not mounted.\nMount it: mount -t proc proc /proc\n',
      });
    });

    it('says that it may not read itself', async (scope) => {
      const { path: program } = await copyOfExecutable(scope);
      await chmod(program, 0o111);
      await chmod(join(program, '..'), 0o755);
      // Root may read everything.
      const by = process.getuid?.() === 0 ? ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'] : [];
      const { run } = await machineFor(scope, { program, by });

      const { code, err } = await run('--version');

      assert.is(code, 4);
      assert.match(err, /^localpaas cannot read its own file: EACCES.*\.\nLet everybody read it .*: chmod a\+r \//);
    });
  },
  { timeoutMs: 120_000 },
);
