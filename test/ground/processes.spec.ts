import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import * as assert from 'uvu/assert';
import { type Child, startChild } from '#ground/child.ts';
import { commandOf, environmentVariableOf, identityOf, isAlive, processTable, rowOf } from '#ground/processes.ts';
import { waitFor } from '#ground/wait.ts';
import { describe, type Scope } from '../support/spec.ts';

const onLinux = process.platform === 'linux';

async function startSleep(scope: Scope, env: Record<string, string> = {}): Promise<Child> {
  return scope.use(
    await startChild({ program: 'sleep', args: ['60'], env: { PATH: process.env['PATH'] ?? '', ...env } }),
  );
}

describe('the process table', (it) => {
  it('has this process, with its parent and what it uses', async () => {
    const startedAt = performance.now();
    while (performance.now() - startedAt < 60) JSON.stringify(process.versions); // uses processor time

    const row = (await processTable()).find(({ pid }) => pid === process.pid);

    assert.ok(row);
    assert.is(row.parentPid, process.ppid);
    assert.ok(row.cpuMs >= 50 && row.cpuMs < 60_000, `${row.cpuMs} ms`);
    assert.ok(row.startedAt !== '');
  });

  it('has the resident memory that the system itself tells', async () => {
    const told = process.memoryUsage.rss();

    const row = (await processTable()).find(({ pid }) => pid === process.pid);

    assert.ok(row);
    const ratio = row.residentBytes / told;
    assert.ok(ratio > 0.8 && ratio < 1.25, `${row.residentBytes} bytes here, ${told} there`);
  });

  it('has a child with its group and session, until it was collected', async (scope) => {
    const child = await startSleep(scope);
    const rowsOfChild = async () => (await processTable()).filter(({ pid }) => pid === child.pid);

    const [row] = await rowsOfChild();
    assert.is(row?.parentPid, process.pid);
    assert.is(row?.groupId, child.pid);
    assert.is(row?.sessionId, child.pid);
    await child[Symbol.asyncDispose]();

    assert.equal(await rowsOfChild(), []);
  });

  it('is not confused by the name of a program', async (scope) => {
    const program = `process.title = 'a) Z 1 (b'; setInterval(() => {}, 1000); console.log('ready')`;
    const child = scope.use(
      await startChild({
        program: process.execPath,
        args: ['-e', program],
        env: {},
        stdio: ['ignore', 'pipe', 'inherit'],
      }),
    );
    await new Promise((resolve) => child.stdout?.once('data', resolve));

    const row = (await processTable()).find(({ pid }) => pid === child.pid);

    assert.is(row?.parentPid, process.pid);
    assert.is(row?.groupId, child.pid);
  });
});

describe('the identity of a process', (it) => {
  it('stays the same while it runs, and is nobody after its end', async (scope) => {
    const child = await startSleep(scope);

    const identity = await identityOf(child.pid);
    assert.ok(identity);
    assert.equal(await identityOf(child.pid), identity);
    assert.is(await isAlive(identity), true);
    await child[Symbol.asyncDispose]();

    assert.is(await identityOf(child.pid), undefined);
    assert.is(await isAlive(identity), false);
  });

  it('is not that of another process with the same pid', async (scope) => {
    const child = await startSleep(scope);

    assert.is(await isAlive({ pid: child.pid, startedAt: 'long ago' }), false);
  });

  it('ends when the process does, even if nobody collects it', async (scope) => {
    if (!onLinux) return;
    const parent = scope.use(
      await startChild({
        program: 'sh',
        // The shell is replaced by a program that never collects children.
        args: ['-c', 'sleep 0.1 & echo $!; exec sleep 60'],
        env: { PATH: process.env['PATH'] ?? '' },
        stdio: ['ignore', 'pipe', 'inherit'],
      }),
    );
    const printed = await new Promise((resolve) => parent.stdout?.once('data', resolve));
    const pid = Number(printed);

    await waitFor('a zombie', () => (rowOf(pid)?.state === 'Z' ? true : undefined), { limitMs: 15_000 });

    assert.is(await identityOf(pid), undefined);
  });
});

describe('a process of Linux', (it) => {
  it('shows the environment it was started with', async (scope) => {
    if (!onLinux) return;
    const child = await startSleep(scope, { GREETING: 'a=b\nc', EMPTY: '' });

    assert.is(environmentVariableOf(child.pid, 'GREETING'), 'a=b\nc');
    assert.is(environmentVariableOf(child.pid, 'EMPTY'), '');
    assert.is(environmentVariableOf(child.pid, 'GREET'), undefined);
  });

  it('shows its command line to people', async (scope) => {
    if (!onLinux) return;
    const child = await startSleep(scope);

    assert.is(commandOf(child.pid), 'sleep 60');
  });

  it('shows nothing once it has ended', async (scope) => {
    if (!onLinux) return;
    const child = await startSleep(scope);
    await child[Symbol.asyncDispose]();

    assert.is(rowOf(child.pid), undefined);
    assert.is(commandOf(child.pid), '');
    assert.is(environmentVariableOf(child.pid, 'PATH'), undefined);
  });

  it('counts its memory in the pages of this machine', () => {
    if (!onLinux) return;
    const statmPages = Number(readFileSync('/proc/self/statm', 'utf8').split(' ')[1]);

    const bytesPerPage = (rowOf(process.pid)?.residentBytes ?? 0) / statmPages;

    const pageBytes = Number(execFileSync('getconf', ['PAGESIZE'], { encoding: 'utf8' }));
    assert.ok(Math.abs(bytesPerPage / pageBytes - 1) < 0.1, `${bytesPerPage} bytes per page, not ${pageBytes}`);
  });
});
