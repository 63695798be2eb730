import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import * as assert from 'uvu/assert';
import { type Child, startChild } from '#ground/child.ts';
import { environmentVariableOf, processTable } from '#ground/processes.ts';
import { waitFor } from '#ground/wait.ts';
import { natsServerProgram } from '../../support/programs.ts';
import { scratchDirectory } from '../../support/scratch.ts';
import { describe, type Scope } from '../../support/spec.ts';

/** A script of the project, in whose scratch directory everything lies that it opens. */
async function startScript(scope: Scope, scratch: string, script: string, ...args: string[]): Promise<Child> {
  return scope.use(
    await startChild({
      program: process.execPath,
      args: ['--import', 'tsx', `scripts/${script}`, ...args],
      env: {
        PATH: process.env['PATH'] ?? '',
        HOME: scratch,
        TMPDIR: scratch,
        LOCALPAAS_NATS_SERVER: await natsServerProgram(),
      },
      stdio: ['ignore', 'pipe', 'pipe'],
      graceMs: 30_000,
    }),
  );
}

async function outputOf({ stdout, stderr, exited }: Child) {
  assert.ok(stdout && stderr);
  const [out, err, { code }] = await Promise.all([text(stdout), text(stderr), exited]);
  return { out, err, code };
}

/** Processes whose home lies below that of the script. */
async function processesBelow(scratch: string): Promise<number[]> {
  const rows = await processTable();
  const isBelow = (pid: number) => environmentVariableOf(pid, 'HOME')?.startsWith(`${scratch}/`) === true;
  return rows.filter(({ pid, state }) => state !== 'Z' && isBelow(pid)).map(({ pid }) => pid);
}

describe('npm run bench', (it) => {
  it(
    'measures the built program, prints a table and writes what it measured',
    async (scope) => {
      const scratch = await scratchDirectory(scope);
      const args = ['--rounds', '1', '--only', 'command-line', '--out', join(scratch, 'results')];

      const { out, err, code } = await outputOf(await startScript(scope, scratch, 'bench.ts', ...args));

      assert.is(code, 0, err);
      assert.match(out, /localpaas --version +\d+\.\d ms/);
      assert.match(out, /apps \/ node -e 0 of the same Node +\d+\.\d\d ×/);
      const { machine, results } = JSON.parse(await readFile(join(scratch, 'results', 'results.json'), 'utf8'));
      assert.is(machine.Node, process.version);
      assert.is(results[0].figures.length, 3);
      assert.match(await readFile(join(scratch, 'results', 'results.md'), 'utf8'), '## command-line');
      assert.equal(await processesBelow(scratch), []);
      assert.equal(
        (await readdir(scratch)).filter((name) => name.startsWith('localpaas-')),
        [],
      );
    },
    { timeoutMs: 120_000 },
  );

  it('says what is wrong with its arguments', async (scope) => {
    const script = await startScript(scope, await scratchDirectory(scope), 'bench.ts', '--rounds', 'many');

    const { err, code } = await outputOf(script);

    assert.is(code, 2);
    assert.match(err, "--rounds cannot be 'many'.\n`npm run bench -- --help`");
  });
});

describe('an interrupted script', (it) => {
  for (const [script, ...args] of [
    ['bench.ts', '--only', 'memory'],
    ['torture.ts', '--seed', '1'],
  ] as const) {
    it(
      `leaves nothing behind: ${script}`,
      async (scope) => {
        const scratch = await scratchDirectory(scope);
        const child = await startScript(scope, scratch, script, ...args);
        const output = outputOf(child);
        const isUp = async () => ((await processesBelow(scratch)).length > 0 ? true : undefined);
        await waitFor('its platform', isUp, { limitMs: 15_000, everyMs: 20 });

        process.kill(child.pid, 'SIGINT');

        const { code, err } = await output;
        assert.is(code, 130, err);
        assert.equal(await processesBelow(scratch), []);
        assert.equal(
          (await readdir(scratch)).filter((name) => name.startsWith('localpaas-')),
          [],
        );
      },
      { timeoutMs: 120_000 },
    );
  }
});
