import { readFileSync } from 'node:fs';
import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { appendix, load } from '../../scripts/package/carry.ts';
import { scratchDirectory } from '../support/scratch.ts';
import { describe, type Scope } from '../support/spec.ts';
import { copyOfExecutable, machineFor, without } from './machine.ts';

const upAnywhere = ['up', '--port', '0', '--bus-port', '0'] as const;

/** One that carries a nats-server for a system newer than any, or another one. */
async function withNatsServer(scope: Scope, change: (bytes: Buffer) => Buffer): Promise<string> {
  const { path, files } = await copyOfExecutable(scope);
  const names = Object.keys(files.index.files);
  const carried = Object.fromEntries(names.map((name) => [name, files.readSync(name)]));
  const natsServer = change(carried['nats-server'] ?? Buffer.alloc(0));
  const cargo = await load({ ...carried, 'nats-server': natsServer }, await scratchDirectory(scope), 1);
  const { natsServer: facts, node } = files.index;
  const program = (await readFile(path)).subarray(0, files.at);
  await writeFile(path, Buffer.concat([program, await appendix(cargo, { natsServer: facts, node })]));
  return path;
}

/** A dynamic program, this one if it is, that asks for a glibc there will not be. */
function forNewerSystem(natsServer: Buffer): Buffer {
  const program = natsServer.includes('GLIBC_2.') ? natsServer : readFileSync('/bin/cat');
  const [name = ''] = /GLIBC_2\.\d\d/.exec(program.toString('latin1')) ?? [];
  program.write('GLIBC_9.99', program.indexOf(name));
  return program;
}

describe(
  'an executable on a system that lacks something',
  (it) => {
    it('names what is too old for its nats-server, and ways out', async (scope) => {
      const program = await withNatsServer(scope, forNewerSystem);
      const { run } = await machineFor(scope, { program, mount: without('nats-server') });

      const { code, err } = await run(...upAnywhere);

      assert.is(code, 4);
      assert.match(
        err,
        'error  The nats-server which localpaas carries needs glibc 9.99, and this system has an older one.',
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
      const program = await withNatsServer(scope, forNewerSystem);
      const bin = await scratchDirectory(scope);
      const natsServer = join(bin, 'nats-server');
      await writeFile(natsServer, (await copyOfExecutable(scope)).files.readSync('nats-server'), { mode: 0o755 });

      for (const env of [{ PATH: `${bin}:/usr/bin:/bin` }, { LOCALPAAS_NATS_SERVER: natsServer }]) {
        const { up, ok } = await machineFor(scope, { program, env });
        await up();
        assert.match(await ok('doctor'), `${natsServer}.`);
      }
    });

    it('does not take a nats-server that is no such program for its own', async (scope) => {
      const program = await withNatsServer(scope, () => Buffer.from('#!/bin/sh\necho something else\n'));
      const { run } = await machineFor(scope, { program, mount: without('nats-server') });

      const { code, err } = await run(...upAnywhere);

      assert.is(code, 4);
      assert.match(err, "answers 'something else', which no nats-server says");
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
