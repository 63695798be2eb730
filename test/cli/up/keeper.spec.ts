import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { type Home, homeOf } from '#assembly/home.ts';
import { askKeeper, reportIn, startKeeper, takeKeeper } from '#cli/up/keeper.ts';
import { type Child, signalProcess } from '#ground/child.ts';
import { readIfThere } from '#ground/files.ts';
import { identityOf } from '#ground/processes.ts';
import { waitFor } from '#ground/wait.ts';
import { scratchDirectory } from '../../support/scratch.ts';
import { describe, type Scope } from '../../support/spec.ts';

const limits = { limitMs: 15_000, everyMs: 5 };

/**
 * In place of a platform: says what it was started with, which signals it gets, and ends with the status it finds in a
 * file when there is one.
 */
const program = `
cd "$1"
for signal in INT TERM HUP USR2; do trap "echo $signal >>said.$$" "$signal"; done
echo "$LISTEN_PID $LISTEN_FDS $LOCALPAAS_KEEPER $LOCALPAAS_PREDECESSOR $(readlink /proc/$$/fd/3) <$(cat)> $2" >said.$$
ls /proc/$$/fd >open.$$
while [ ! -e end.$$ ]; do sleep 0.02; done
exit "$(cat end.$$)"
`;

interface Kept {
  readonly home: Home;
  readonly directory: string;
  readonly keeper: Child;
  /** The pid of the program that was started last, once it has said something; another one than \`before\`. */
  started(before?: number): Promise<number>;
  said(pid: number): Promise<string>;
  end(pid: number, status: number): Promise<void>;
}

async function keep(scope: Scope): Promise<Kept> {
  const directory = await scratchDirectory(scope);
  const home = homeOf(directory, {});
  await mkdir(join(directory, 'run'));
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  scope.defer(() => server.close());
  const { fd } = (server as unknown as { _handle: { fd: number } })._handle; // Node has no other name for it
  const { PATH = '' } = process.env;
  const command = ['/bin/sh', '-c', program, 'program', directory, 'an argument'] as const;
  const keeper = await startKeeper({ home, command: [...command], descriptor: fd, env: { PATH } });
  scope.defer(async () => {
    const last = (await reportIn(home))?.pid;
    if (last !== undefined) signalProcess(last, 'SIGKILL');
    await keeper.exited;
  });
  const said = async (pid: number) => (await readIfThere(join(directory, `said.${pid}`))) ?? '';
  return {
    home,
    directory,
    keeper,
    said,
    async started(before) {
      const next = async () => {
        const pid = (await reportIn(home))?.pid;
        return pid !== undefined && pid !== before && (await said(pid)).endsWith('\n') ? pid : undefined;
      };
      return waitFor('the program', next, limits);
    },
    async end(pid, status) {
      const file = join(directory, `end.${pid}`);
      await writeFile(`${file}.new`, `${status}\n`);
      await rename(`${file}.new`, file); // never seen without the status
    },
  };
}

describe('a keeper', (it) => {
  it('starts a program with the socket, its arguments and who it is to follow', async (scope) => {
    const { keeper, directory, started, said, end } = await keep(scope);

    const pid = await started();
    const [listenPid, count, keeperPid, predecessor, socket, ...rest] = (await said(pid)).trim().split(' ');

    assert.equal(
      [listenPid, count, keeperPid, predecessor],
      [String(pid), '1', String(keeper.pid), String(process.pid)],
    );
    assert.match(socket ?? '', /^socket:\[\d+\]$/);
    assert.equal(rest, ['<>', 'an', 'argument']);
    // Neither the keeper's copy of the input nor what it keeps open for others.
    assert.equal(
      (await readFile(join(directory, `open.${pid}`), 'utf8'))
        .split('\n')
        .filter((fd) => Number(fd) > 3 && Number(fd) < 10),
      [],
    );
    await end(pid, 7);
    assert.equal(await keeper.exited, { code: 7, signal: null });
  });

  it('passes signals on and waits for the end all the same', async (scope) => {
    const { keeper, started, said, end } = await keep(scope);
    const pid = await started();

    // What a shell starts in the background ignores SIGINT, unless it is Node.
    for (const signal of ['SIGTERM', 'SIGHUP', 'SIGUSR2'] as const) {
      signalProcess(keeper.pid, signal);
      const heard = async () => (await said(pid)).includes(`\n${signal.slice(3)}\n`) || undefined;
      await waitFor(`${signal} to arrive`, heard, limits);
    }

    assert.ok(await identityOf(keeper.pid));
    await end(pid, 0);
    assert.is((await keeper.exited).code, 0);
  });

  it('starts the next program beside the last, and ends as the newest does', async (scope) => {
    const { keeper, home, started, said, end } = await keep(scope);
    let last = await started();

    for (let round = 0; round < 3; round += 1) {
      await askKeeper(keeper.pid, home);
      const next = await started(last);
      assert.match(await said(next), ` ${last} socket:`);
      assert.ok(await identityOf(last));
      await end(last, 3);
      const gone = last;
      await waitFor('the last one to end', async () => ((await identityOf(gone)) ? undefined : true), limits);
      last = next;
    }

    signalProcess(keeper.pid, 'SIGTERM');
    await waitFor('the signal', async () => (await said(last)).includes('TERM') || undefined, limits);
    await end(last, 9);
    assert.is((await keeper.exited).code, 9);
  });

  it('returns to the last program when the next one fails', async (scope) => {
    const { keeper, home, started, said, end } = await keep(scope);
    const first = await started();
    await askKeeper(keeper.pid, home);
    const second = await started(first);

    await end(second, 5);
    await waitFor('the report', async () => ((await reportIn(home))?.status === 5 ? true : undefined), limits);

    signalProcess(keeper.pid, 'SIGTERM');
    await waitFor('the signal', async () => (await said(first)).includes('TERM') || undefined, limits);
    await askKeeper(keeper.pid, home);
    const third = await started(second);
    await end(first, 1);
    await waitFor('the first to be gone', async () => (existsSync(`/proc/${first}`) ? undefined : true), limits);
    await end(third, 4);
    assert.is((await keeper.exited).code, 4);
  });

  it('tells how a program was killed', async (scope) => {
    const { keeper, started } = await keep(scope);

    signalProcess(await started(), 'SIGKILL');

    assert.is((await keeper.exited).code, 137);
  });

  it('is known only to those it has started', () => {
    const env: Record<string, string | undefined> = { LOCALPAAS_KEEPER: String(process.ppid) };
    assert.is(takeKeeper(env), process.ppid);
    assert.equal(env, {});
    assert.is(takeKeeper({ LOCALPAAS_KEEPER: String(process.pid) }), undefined);
    assert.is(takeKeeper({}), undefined);
  });
});
