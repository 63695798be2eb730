import { existsSync } from 'node:fs';
import { appendFile, open, readdir, readFile, truncate, writeFile } from 'node:fs/promises';
import * as assert from 'uvu/assert';
import { idBytes, trailerBytes } from '#packaging/carried-files.ts';
import { describe } from '../support/spec.ts';
import { copyOfExecutable, machineFor } from './machine.ts';

const remedy = 'Get it again, and compare it with SHA256SUMS: `sha256sum --check --ignore-missing SHA256SUMS`.\n';
const refusal = (what: string) => ({ code: 4, out: '', err: `This localpaas is damaged: ${what}.\n${remedy}` });

/** Changes a bit of the byte at this place, and back when it is done again. */
async function change(path: string, at: number): Promise<void> {
  await using file = await open(path, 'r+');
  const { buffer } = await file.read(Buffer.alloc(1), 0, 1, at);
  buffer[0] = (buffer[0] ?? 0) ^ 0x10;
  await file.write(buffer, 0, 1, at);
}

describe(
  'a damaged executable',
  (it) => {
    it('is refused when any byte at its end is another', async (scope) => {
      const { path: program, size } = await copyOfExecutable(scope);
      const { run } = await machineFor(scope, { program });

      const idAt = size - trailerBytes;
      for (let at = idAt; at < size; at += at < idAt + idBytes ? 8 : 1) {
        await change(program, at);
        const { code, err } = await run('--version');
        await change(program, at);
        assert.is(code, 4);
        assert.match(err, /^This localpaas is damaged: (its end|the list of what it carries) is .*\.\nGet it again/);
      }
    });

    it('is refused when the list of what it carries is another', async (scope) => {
      const { path: program, size } = await copyOfExecutable(scope);
      const { run } = await machineFor(scope, { program });
      await change(program, size - trailerBytes - 100);

      assert.equal(await run('--version'), refusal('the list of what it carries is not as it was built'));
    });

    it('is refused when its program is another', async (scope) => {
      const { path: program, files } = await copyOfExecutable(scope);
      const { run } = await machineFor(scope, { program });
      for (const [half, command] of Object.entries({ program: 'up', commands: '--version' })) {
        for (const name of [half, `compiled-${half}`].filter((name) => name in files.index.files)) {
          const at = files.at + (files.index.files[name]?.parts[0]?.at ?? 0) + 10_000;
          await change(program, at);
          assert.equal(await run(command), refusal(`its part '${name}' is not as it was built`));
          await change(program, at);
        }
      }
    });

    it('does not start, and unpacks nothing, when its nats-server is another', async (scope) => {
      const { path: program, files } = await copyOfExecutable(scope);
      const { run, cache } = await machineFor(scope, { program });
      for (const { at, length } of files.index.files['nats-server']?.parts ?? []) {
        await change(program, files.at + at + Math.floor(length / 2));
      }

      const { code, err } = await run('up');

      assert.is(code, 4, err);
      assert.match(err, "This localpaas is damaged: its part 'nats-server' is not as it was built.");
      assert.match(err, remedy);
      assert.equal(existsSync(cache) ? await readdir(cache) : [], []);
      assert.match((await run('doctor')).out, 'problem  nats-server  This localpaas is damaged');
      assert.is((await run('--version')).code, 0);
    });

    it('does not push the demo when its sample apps are others, and stops', async (scope) => {
      const { path: program, files } = await copyOfExecutable(scope);
      const { run } = await machineFor(scope, { program });
      const [part] = files.index.files['assets']?.parts ?? [];
      await change(program, files.at + (part?.at ?? 0) + 10_000);

      const { code, err } = await run('up', '--demo', '--port', '0', '--bus-port', '0');

      assert.is(code, 4);
      assert.match(err, "This localpaas is damaged: its part 'assets' is not as it was built.");
      assert.is((await run('status')).code, 3);
    });

    it('does not print terms that are others', async (scope) => {
      const { path: program, files } = await copyOfExecutable(scope);
      const { run } = await machineFor(scope, { program });
      const [part] = files.index.files['licences']?.parts ?? [];
      await change(program, files.at + (part?.at ?? 0) + 10_000);

      const { code, out, err } = await run('licenses');

      assert.equal({ code, out }, { code: 4, out: '' });
      assert.match(err, "its part 'licences' is not as it was built.");
    });

    it('is refused when it ends early, wherever it does', async (scope) => {
      const { path: program, files, size } = await copyOfExecutable(scope);
      const { run } = await machineFor(scope, { program });

      for (const length of [size - 1, size - trailerBytes, size - trailerBytes - 500, files.at + 1_000_000, files.at]) {
        await truncate(program, length);
        assert.equal(await run('--version'), refusal('its end is missing'), `of ${length} bytes`);
      }
    });

    it('does not run when not even Node is whole', async (scope) => {
      const { path: program, files } = await copyOfExecutable(scope);
      const { run } = await machineFor(scope, { program });

      for (const share of [0.99, 0.5, 0.01]) {
        await truncate(program, Math.floor(files.at * share));
        const { code, out } = await run('--version').catch(() => ({ code: null, out: '' })); // no program for the system
        assert.is.not(code, 0);
        assert.is(out, '');
      }
    });

    it('is refused when something is missing in the middle, or follows its end', async (scope) => {
      const { path: program, files } = await copyOfExecutable(scope);
      const { run } = await machineFor(scope, { program });
      const whole = await readFile(program);

      await writeFile(program, Buffer.concat([whole.subarray(0, files.at + 5_000), whole.subarray(files.at + 9_096)]));
      assert.match((await run('up')).err, 'This localpaas is damaged:');
      await writeFile(program, whole);
      await appendFile(program, '\n');
      assert.equal(await run('--version'), refusal('its end is missing'));
    });
  },
  { timeoutMs: 120_000 },
);
