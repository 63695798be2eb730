import { spawn } from 'node:child_process';
import { chmod, mkdir, symlink, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { scratchDirectory } from '../../support/scratch.ts';
import type { Scope } from '../../support/spec.ts';

const script = resolve('scripts/install.sh');

/** Everything that the script needs of a machine, beside a shell and curl or wget. */
const tools = [
  ...['cat', 'chmod', 'cp', 'cut', 'df', 'dirname', 'getconf', 'grep', 'id', 'ldd', 'mkdir', 'mktemp', 'mv', 'rm'],
  ...['sed', 'sh', 'sha256sum', 'uname'],
];

interface Differences {
  /** Programs that say something else: lines of shell. */
  readonly fakes?: Readonly<Record<string, string>>;
  /** What there is besides: curl when absent. */
  readonly has?: readonly string[];
  /** Lines of shell that mount something, in namespaces of their own; `$TO` is where the script installs. */
  readonly mount?: string;
}

interface Machine {
  /** The only directory of the PATH. */
  readonly bin: string;
  readonly home: string;
  readonly to: string;
  /** Runs the script. @param file another copy of it */
  install(args: readonly string[], file?: string): Promise<Ran>;
  /** Starts it, as the leader of a process group. */
  start(args: readonly string[]): { readonly pid: number; readonly ran: Promise<Ran> };
}

interface Ran {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** A machine with an empty home and nothing in its PATH that the script does not need. */
export async function machineWith(
  scope: Scope,
  shell: string,
  { fakes = {}, has = ['curl'], mount }: Differences = {},
): Promise<Machine> {
  const directory = await scratchDirectory(scope);
  const [bin, home, to] = [join(directory, 'bin'), join(directory, 'home'), join(directory, 'to')];
  await Promise.all([bin, home, to].map((each) => mkdir(each)));
  for (const tool of [...tools, ...has]) {
    if (fakes[tool] === undefined) await symlink(await pathOf(tool), join(bin, tool));
  }
  for (const [name, lines] of Object.entries(fakes)) {
    await writeFile(join(bin, name), `#!/bin/sh\n${lines}\n`);
    await chmod(join(bin, name), 0o755);
  }
  const program = await pathOf(shell);
  const env = { PATH: bin, HOME: home, TO: to, TMPDIR: directory };
  const start = (args: readonly string[], file = script) => {
    const command = [program, file, ...args];
    const [first = '', ...rest] = mount === undefined ? command : inNamespaces(mount, command);
    const child = spawn(first, rest, { cwd: directory, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
    const ended = new Promise<number | null>((done) => child.once('close', done));
    const ran = Promise.all([ended, text(child.stdout), text(child.stderr)]);
    return { pid: child.pid ?? 0, ran: ran.then(([code, out, err]) => ({ code, out, err })) };
  };
  return { bin, home, to, start, install: (args, file) => start(args, file).ran };
}

/** Needs user namespaces, or root. */
function inNamespaces(mount: string, command: readonly string[]): string[] {
  const script = `(PATH=/usr/bin:/bin:/usr/sbin:/sbin; ${mount}) && exec "$@"`;
  return ['/usr/bin/unshare', '-rm', '/bin/sh', '-c', script, 'sh', ...command];
}

async function pathOf(tool: string): Promise<string> {
  const child = spawn('/bin/sh', ['-c', 'command -v "$1"', 'sh', tool], { stdio: ['ignore', 'pipe', 'inherit'] });
  const path = (await text(child.stdout)).trim();
  if (path === '') throw new Error(`This test needs ${tool}: on Debian, \`apt install ${tool}\`.`);
  return path;
}

/** The programs that say what a machine is. */
export function system(kernel: string, bits: 32 | 64, glibc = '2.36'): Record<string, string> {
  return {
    uname: `[ "$1" = -m ] && echo ${kernel} || echo Linux`,
    getconf: `case $1 in LONG_BIT) echo ${bits} ;; *) echo "glibc ${glibc}" ;; esac`,
  };
}
