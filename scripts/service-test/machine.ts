import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, rmdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import type { AsyncDisposableStack } from '#ground/async-disposable-stack.ts';
import { type Child, signalProcess, startChild } from '#ground/child.ts';
import { commandOf, processTable, rowOf } from '#ground/processes.ts';
import { waitFor, within } from '#ground/wait.ts';

export interface Ran {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** What requests of a while came to. */
export interface Tally {
  readonly answered: number;
  /** How often by what: `ECONNREFUSED`, `502`. */
  readonly failures: Readonly<Record<string, number>>;
  /** The last answer. */
  readonly last: string;
}

const bootLimitMs = 60_000;
const path = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** A machine of our own with systemd as process 1, on the kernel and over the files of this one, which it cannot change. */
export class Machine {
  readonly #holder: Child;
  readonly #boots: AsyncIterator<string>;
  #pid = 0;

  private constructor(holder: Child) {
    this.#holder = holder;
    this.#boots = createInterface({ input: holder.stdout as Readable })[Symbol.asyncIterator]();
  }

  /**
   * Makes one, switched off. Nothing is left of it when the scope ends.
   * @param programs path there → path here
   */
  static async make(scope: AsyncDisposableStack, programs: Readonly<Record<string, string>>): Promise<Machine> {
    const directory = await mkdtemp(join(tmpdir(), 'localpaas-machine-'));
    scope.defer(() => rm(directory, { recursive: true, force: true }));
    const cgroup = await ownCgroup(scope, directory);
    const holder = await startChild({
      program: 'unshare',
      args: [
        '--mount',
        'bash',
        join(import.meta.dirname, 'machine.sh'),
        directory,
        cgroup,
        ...Object.entries(programs).map(([there, here]) => `${there}=${here}`),
      ],
      env: { PATH: path },
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const machine = new Machine(holder);
    scope.defer(async () => {
      machine.cutPower();
      await holder[Symbol.asyncDispose]();
    });
    return machine;
  }

  /** Switches it on. Resolves when systemd has started everything. */
  async boot(): Promise<void> {
    this.#holder.stdin?.write('boot\n');
    const { value } = await within(bootLimitMs, 'the machine to be switched on', this.#boots.next());
    const first = async () => {
      const children = (await processTable()).filter(({ parentPid }) => parentPid === Number(value));
      return children.find(({ pid }) => commandOf(pid) === '/lib/systemd/systemd')?.pid;
    };
    this.#pid = await waitFor('process 1 of the machine', first, { limitMs: bootLimitMs });
    const isUp = async () => {
      const { out } = await this.run('systemctl', 'is-system-running');
      return ['running', 'degraded'].includes(out.trim()) ? true : undefined;
    };
    await waitFor('systemd to start everything', isUp, { limitMs: bootLimitMs, everyMs: 50 });
  }

  /** As a power cut does. */
  cutPower(): void {
    if (this.#pid !== 0) signalProcess(this.#pid, 'SIGKILL');
    this.#pid = 0;
  }

  /** As `reboot` does: every service is stopped before. */
  async reboot(): Promise<void> {
    const pid = this.#pid;
    await this.run('systemctl', 'reboot');
    const isOff = () => (rowOf(pid) === undefined ? true : undefined);
    await waitFor('the machine to go down', isOff, { limitMs: bootLimitMs, everyMs: 20 });
    await this.boot();
  }

  /** Runs a command as root. Never rejects for an exit code. */
  run(...command: readonly string[]): Promise<Ran> {
    return this.#enter(['--all', '--root', '--wd', 'env', '-i', `PATH=${path}`, 'LC_ALL=C.UTF-8', ...command]);
  }

  /** Runs a command as this user, who logs in for it and out again. */
  runAs(user: string, ...command: readonly string[]): Promise<Ran> {
    const login = ['-p', `User=${user}`, '-p', 'PAMName=login', '-p', `WorkingDirectory=/home/${user}`];
    return this.run('systemd-run', '--quiet', '--wait', '--pipe', '--collect', ...login, ...command);
  }

  /** Asks an app through the router, over and over while `work` is done, or once. */
  async ask(port: number, host: string, work?: () => Promise<unknown>): Promise<Tally> {
    const script = join(import.meta.dirname, 'ask.js');
    const times = work === undefined ? ['1'] : [];
    await using child = await startChild({
      program: 'nsenter',
      args: [`--target=${this.#pid}`, '--net', process.execPath, script, String(port), host, ...times],
      env: { PATH: path },
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    await work?.();
    child.stdin?.end();
    return JSON.parse(await within(30_000, 'the last answers', text(child.stdout as Readable)));
  }

  /** The text of a file there. */
  async read(file: string): Promise<string> {
    return (await this.run('cat', file)).out;
  }

  async #enter(args: readonly string[]): Promise<Ran> {
    await using child = await startChild({
      program: 'nsenter',
      args: [`--target=${this.#pid}`, ...args],
      env: { PATH: path },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const [out, err] = await within(
      120_000,
      `\`${args.slice(6).join(' ')}\``,
      Promise.all([text(child.stdout as Readable), text(child.stderr as Readable)]),
    );
    return { code: (await child.exited).code, out, err };
  }
}

/** A control group of the second version, wherever this machine has them mounted; gone when the scope ends. */
async function ownCgroup(scope: AsyncDisposableStack, directory: string): Promise<string> {
  const mounts = (await readFile('/proc/mounts', 'utf8')).split('\n').map((line) => line.split(' '));
  const [, root] = mounts.find(([, , type]) => type === 'cgroup2') ?? [];
  if (root === undefined || !existsSync(root)) throw new Error('This machine has no control groups of version 2.');
  const cgroup = join(root, directory.slice(directory.lastIndexOf('/') + 1));
  await mkdir(cgroup);
  scope.defer(() => removeCgroup(cgroup));
  return cgroup;
}

async function removeCgroup(cgroup: string): Promise<void> {
  for (const entry of await readdir(cgroup, { withFileTypes: true })) {
    if (entry.isDirectory()) await removeCgroup(join(cgroup, entry.name));
  }
  // What was killed a moment ago may still be in it.
  const remove = async () =>
    rmdir(cgroup).then(
      () => true as const,
      () => undefined,
    );
  await waitFor('the machine to be gone', remove, { limitMs: 10_000, everyMs: 20 });
}
