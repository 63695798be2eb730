import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { cp, mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { call } from '#ground/http-client.ts';
import { waitFor } from '#ground/wait.ts';
import { CarriedFiles, openSource } from '#packaging/carried-files.ts';
import { emptyHome, type Ran } from '../support/localpaas.ts';
import { scratchDirectory } from '../support/scratch.ts';
import type { Scope } from '../support/spec.ts';

/** The executable that is tested. @throws Error when none is named */
export function executable(): string {
  const named = process.env['LOCALPAAS'] ?? '';
  if (/localpaas-linux-\w+$/.test(named)) return resolve(named);
  throw new Error(`LOCALPAAS names no executable ('${named}'): make one with \`npm run package\`, and name it.`);
}

/** A copy that may be changed, and what it carries. */
export async function copyOfExecutable(scope: Scope): Promise<{ path: string; files: CarriedFiles; size: number }> {
  const path = join(await scratchDirectory(scope), 'localpaas');
  await cp(executable(), path);
  const source = openSource(path);
  return { path, files: new CarriedFiles(source), size: source.size };
}

/** Lines of shell that keep a program out of everybody's reach. */
export function without(...names: readonly string[]): string {
  const places = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'];
  const files = places.flatMap((place) => names.map((name) => `${place}/${name}`));
  return `for file in ${files.join(' ')}; do [ ! -e $file ] || mount --bind /dev/null $file; done`;
}

export const withoutNode = without('node', 'nodejs');

interface Differences {
  readonly program?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Lines of shell that mount something, in namespaces of its own: `$HOME` is the user's. */
  readonly mount?: string;
  /** What starts the executable, as somebody else for instance: a command without it. */
  readonly by?: readonly string[];
  /** That of an earlier one. */
  readonly home?: string;
  /** Where commands are run; here when absent. */
  readonly cwd?: string;
}

export interface Machine {
  /** The user's. */
  readonly home: string;
  /** Where the executable unpacks what it carries, unless it is told otherwise. */
  readonly cache: string;
  run(...args: readonly string[]): Promise<Ran>;
  /** Runs a command that must succeed. @returns what it printed */
  ok(...args: readonly string[]): Promise<string>;
  /** Brings a platform up, which goes down with the test. */
  up(...args: readonly string[]): Promise<Platform>;
}

export interface Platform {
  readonly pid: number;
  readonly url: string;
  /** What it said until now to whoever watches. */
  said(): string;
  get(app: string, path?: string): Promise<{ status: number; body: string }>;
  /** Ends it, and waits. */
  stop(): Promise<void>;
}

/** A user without any of localpaas's things, who has an environment as after login. */
export async function machineFor(
  scope: Scope,
  { program = executable(), env: added = {}, mount, by = [], home = '', cwd }: Differences = {},
): Promise<Machine> {
  const place = home === '' ? await emptyHome(scope) : home;
  await mkdir(place, { recursive: true });
  const env = { PATH: '/usr/bin:/bin', HOME: place, LANG: 'C.UTF-8', ...added };
  const start = (args: readonly string[]) => {
    const command = [...by, program, ...args];
    const [first = '', ...rest] = mount === undefined ? command : inNamespaces(mount, command);
    const child = spawn(first, rest, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
    return { child, ended: new Promise<number | null>((done) => child.once('close', done)) };
  };
  const run = async (...args: readonly string[]) => {
    const { child, ended } = start(args);
    const [out, err, code] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
    return { code, out, err };
  };
  const ok = async (...args: readonly string[]) => {
    const { code, out, err } = await run(...args);
    if (code !== 0) throw new Error(`localpaas ${args.join(' ')} ended with ${code}:\n${out}\n${err}`);
    return out;
  };
  const up = (...args: readonly string[]) => bringUp(scope, start, args);
  return { home: place, cache: join(place, '.cache/localpaas'), run, ok, up };
}

interface Started {
  readonly child: ChildProcessByStdio<null, Readable, Readable>;
  readonly ended: Promise<number | null>;
}

async function bringUp(
  scope: Scope,
  start: (args: readonly string[]) => Started,
  args: readonly string[],
): Promise<Platform> {
  const { child, ended } = start(['up', '--json', '--port', '0', '--bus-port', '0', ...args]);
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      said += chunk;
    });
  }
  const stop = async () => {
    child.kill('SIGTERM');
    await ended;
  };
  scope.defer(stop);
  const ready = () => {
    if (child.exitCode !== null) throw new Error(`up ended with ${child.exitCode}:\n${said}`);
    const line = /^\{"event":"ready".*\}$/m.exec(said)?.[0];
    return line === undefined ? undefined : (JSON.parse(line) as { pid: number; url: string });
  };
  const { pid, url } = await waitFor('the platform to be ready', ready, { limitMs: 60_000 });
  const { port } = new URL(url);
  const get = async (app: string, path = '/') => {
    const answer = await call(`${url}${path}`, { headers: { host: `${app}.localhost:${port}` } });
    return { status: answer.status, body: await answer.text() };
  };
  return { pid, url, said: () => said, get, stop };
}

/** Needs user namespaces, or root. */
function inNamespaces(mount: string, command: readonly string[]): string[] {
  return ['unshare', '-rm', 'sh', '-ec', `PATH=$PATH:/usr/sbin:/sbin; ${mount}; exec "$@"`, 'sh', ...command];
}
