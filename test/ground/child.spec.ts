import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import * as assert from 'uvu/assert';
import { type Child, signalGroup, signalProcess, startChild } from '#ground/child.ts';
import { ActionableError } from '#ground/errors.ts';
import { identityOf, isAlive, processTable } from '#ground/processes.ts';
import { waitFor } from '#ground/wait.ts';
import { scratchDirectory } from '../support/scratch.ts';
import { describe, type Scope } from '../support/spec.ts';
import { thrownBy } from '../support/thrown.ts';

const env = { PATH: process.env['PATH'] ?? '' };

/** A shell running `script`, and the first line it printed: it printed that when it was ready. */
async function startShell(scope: Scope, script: string, graceMs = 5_000): Promise<{ child: Child; line: string }> {
  const child = scope.use(
    await startChild({
      program: 'sh',
      args: ['-c', script],
      env,
      stdio: ['pipe', 'pipe', 'ignore'],
      graceMs,
    }),
  );
  let printed = '';
  child.stdout?.on('data', (chunk) => {
    printed += chunk;
  });
  const line = await waitFor('the first line', () => /^(.*)\n/.exec(printed)?.[1], { limitMs: 15_000, everyMs: 1 });
  return { child, line };
}

async function membersOf(groupId: number): Promise<number[]> {
  const rows = await processTable();
  return rows.filter((row) => row.groupId === groupId && row.state !== 'Z').map((row) => row.pid);
}

describe('a child', (it) => {
  it('is given its arguments as they are, without a shell', async () => {
    await using child = await startChild({
      program: process.execPath,
      args: ['-p', 'JSON.stringify(process.argv.slice(1))', '--', '$HOME', 'a b', '"', '*'],
      env,
      stdio: ['ignore', 'pipe', 'inherit'],
    });

    assert.ok(child.stdout);
    assert.equal(JSON.parse(await text(child.stdout)), ['$HOME', 'a b', '"', '*']);
    assert.equal(await child.exited, { code: 0, signal: null });
  });

  it('has the listed environment and nothing else', async () => {
    await using child = await startChild({
      program: process.execPath,
      args: ['-p', 'JSON.stringify(process.env)'],
      env: { PATH: env.PATH, GREETING: 'grüß dich\n"' },
      stdio: ['ignore', 'pipe', 'inherit'],
    });

    assert.ok(child.stdout);
    assert.equal(JSON.parse(await text(child.stdout)), { PATH: env.PATH, GREETING: 'grüß dich\n"' });
  });

  it('runs in its directory, in a session and a group of its own', async (scope) => {
    const directory = await scratchDirectory(scope);
    const child = scope.use(await startChild({ program: 'sleep', args: ['60'], env, cwd: directory }));

    const row = (await processTable()).find(({ pid }) => pid === child.pid);

    assert.is(row?.groupId, child.pid);
    assert.is(row?.sessionId, child.pid);
  });

  it('says how it ended', async () => {
    await using failing = await startChild({ program: 'sh', args: ['-c', 'exit 7'], env });
    assert.equal(await failing.exited, { code: 7, signal: null });

    await using killed = await startChild({ program: 'sleep', args: ['60'], env });
    process.kill(killed.pid, 'SIGKILL');
    assert.equal(await killed.exited, { code: null, signal: 'SIGKILL' });
  });

  it('can be spoken to', async () => {
    await using child = await startChild({ program: 'cat', env, stdio: ['pipe', 'pipe', 'inherit'] });

    child.stdin?.end('hello');

    assert.ok(child.stdout);
    assert.is(await text(child.stdout), 'hello');
  });

  it('can be connected by its descriptor 4', async (scope) => {
    const script = 'read -r line <&4; echo "$line, too" >&4';
    const stdio = ['ignore', 'ignore', 'ignore', 'ignore', 'pipe'] as const;
    const child = scope.use(await startChild({ program: 'sh', args: ['-c', script], env, stdio: [...stdio] }));

    child.control?.write('hello\n');

    assert.is(await text(child.control ?? Readable.from([])), 'hello, too\n');
    const other = scope.use(await startChild({ program: 'true', env }));
    assert.is(other.control, null);
  });

  it('is found by the PATH it is given, not by ours', async (scope) => {
    const directory = await scratchDirectory(scope);
    await writeFile(join(directory, 'only-here'), '#!/bin/sh\nexit 3\n', { mode: 0o755 });

    await using child = await startChild({ program: 'only-here', env: { PATH: directory } });

    assert.is((await child.exited).code, 3);
  });

  it('cannot be started when there is no such program, or it may not be executed', async (scope) => {
    const plain = join(await scratchDirectory(scope), 'plain.txt');
    await writeFile(plain, 'text', { mode: 0o644 });

    for (const program of ['no-such-program', plain]) {
      const error = await thrownBy(() => startChild({ program, env }));

      assert.instance(error, ActionableError);
      assert.is((error as ActionableError).code, 'PROGRAM_NOT_FOUND');
      assert.match(error.message, `The program '${program}' cannot be started`);
      assert.match((error as ActionableError).remedy, 'installed');
    }
  });

  it('is not blamed for a directory that is missing', async (scope) => {
    const missing = join(await scratchDirectory(scope), 'missing');

    const error = await thrownBy(() => startChild({ program: 'sleep', args: ['60'], env, cwd: missing }));

    assert.not.instance(error, ActionableError);
    assert.match(error.message, missing);
  });

  it('lets its parent end first when it is to outlive it', async (scope) => {
    const program = `
      import { startChild } from '#ground/child.ts';
      const child = await startChild({ program: 'sleep', args: ['60'], env: process.env, outlivesUs: true });
      console.log(child.pid);
    `;
    const parent = scope.use(
      await startChild({
        program: process.execPath,
        args: ['--import', 'tsx', '--input-type=module', '-e', program],
        env,
        stdio: ['ignore', 'pipe', 'inherit'],
      }),
    );

    assert.ok(parent.stdout);
    const pid = Number(await text(parent.stdout));
    scope.defer(() => signalProcess(pid, 'SIGKILL'));

    assert.equal(await parent.exited, { code: 0, signal: null });
    assert.ok(await identityOf(pid));
  });
});

describe('the end of a child', (it) => {
  it('is asked for with SIGTERM and awaited', async (scope) => {
    const file = join(await scratchDirectory(scope), 'farewell');
    const { child } = await startShell(
      scope,
      `trap 'sleep 0.05; echo bye > ${file}; exit 0' TERM; echo ready; while :; do sleep 0.01; done`,
    );

    await child[Symbol.asyncDispose]();

    assert.equal(await child.exited, { code: 0, signal: null });
    assert.is(await readFile(file, 'utf8'), 'bye\n');
  });

  it('comes with SIGKILL after the grace', async (scope) => {
    const graceMs = 60;
    const { child } = await startShell(scope, `trap '' TERM; echo ready; while :; do sleep 0.01; done`, graceMs);
    const startedAt = performance.now();

    await child[Symbol.asyncDispose]();

    assert.is((await child.exited).signal, 'SIGKILL');
    assert.ok(performance.now() - startedAt >= graceMs - 5);
    await waitFor('an empty group', async () => ((await membersOf(child.pid)).length === 0 ? true : undefined), {
      limitMs: 15_000,
    });
  });

  it('takes every process of its group with it', async (scope) => {
    const { child } = await startShell(scope, `sleep 60 & (trap '' TERM; sleep 61) & sleep 0.05; echo ready; wait`);
    assert.ok((await membersOf(child.pid)).length >= 3);

    await child[Symbol.asyncDispose]();

    await waitFor('the last of them', async () => ((await membersOf(child.pid)).length === 0 ? true : undefined), {
      limitMs: 15_000,
    });
  });

  it('is fine when it has come already, and can be asked for twice', async () => {
    const child = await startChild({ program: 'true', env });
    await child.exited;

    await child[Symbol.asyncDispose]();
    await child[Symbol.asyncDispose]();

    assert.is((await child.exited).code, 0);
  });
});

describe('a signal', (it) => {
  it('reaches a process, or a whole group, and tells whether there was one', async (scope) => {
    const { child, line } = await startShell(scope, `sleep 60 & echo $!; wait`);
    const member = await identityOf(Number(line));
    assert.ok(member);

    assert.is(signalProcess(child.pid, 0), true);
    assert.is(signalGroup(child.pid, 'SIGKILL'), true);

    assert.is((await child.exited).signal, 'SIGKILL');
    await waitFor('its end', async () => ((await isAlive(member)) ? undefined : true), { limitMs: 15_000 });
    await waitFor('an empty group', () => (signalGroup(child.pid, 'SIGKILL') ? undefined : true), { limitMs: 15_000 });
    assert.is(signalProcess(child.pid, 0), false);
  });
});
