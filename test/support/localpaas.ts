import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { call } from '#ground/http-client.ts';
import { commandOf, environmentVariableOf, identityOf, processTable } from '#ground/processes.ts';
import { waitFor } from '#ground/wait.ts';
import { natsServerProgram } from './programs.ts';
import { scratchDirectory } from './scratch.ts';
import type { Scope } from './spec.ts';

const projectDirectory = resolve(import.meta.dirname, '..', '..');

/** What one run of the command line printed, and how it ended. */
export interface Ran {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

export interface RunOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string;
}

/** A running platform, as a user has it: the executable, a home, a port. */
export interface Localpaas {
  readonly home: string;
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  readonly natsServerPid: number;
  /** Runs one command against it. Never rejects for an exit code. */
  run(args: readonly string[], options?: RunOptions): Promise<Ran>;
  /** Runs one command that must succeed, and returns what it printed. */
  ok(args: readonly string[], options?: RunOptions): Promise<string>;
  /** A request for an app, by its name. */
  get(
    app: string,
    path?: string,
    headers?: Readonly<Record<string, string>>,
  ): Promise<{ status: number; body: string }>;
}

/** The command that is tested: `$LOCALPAAS`, else what the build made. */
export function command(): [string, ...string[]] {
  const named = process.env['LOCALPAAS'];
  if (named !== undefined && named !== '') return [resolve(named)];
  const built = join(projectDirectory, 'dist', 'localpaas.cjs');
  if (!existsSync(built)) throw new Error('There is nothing to test: run `npm run build` first.');
  return [process.execPath, built];
}

/** An environment as a login gives it, and no more: nothing of the test runner's own. */
export async function environmentOf(home: string): Promise<Record<string, string>> {
  const { PATH = '', USER = 'user', LANG = 'C.UTF-8' } = process.env;
  return { PATH, USER, LANG, HOME: home, LOCALPAAS_HOME: home, ...(await programsOf()) };
}

/** What is unpacked or found once for all tests. */
async function programsOf(): Promise<Record<string, string>> {
  if (isExecutable()) return { LOCALPAAS_CACHE: join(projectDirectory, '.cache', 'tests') };
  return { LOCALPAAS_NATS_SERVER: await natsServerProgram() };
}

/** Whether it is an executable that is tested, which has everything it needs. */
function isExecutable(): boolean {
  return (process.env['LOCALPAAS'] ?? '') !== '';
}

/** Runs the command line once. */
export async function runCommand(
  args: readonly string[],
  env: Record<string, string>,
  options: RunOptions = {},
): Promise<Ran> {
  const [program, ...first] = command();
  const child = spawn(program, [...first, ...args], {
    cwd: options.cwd ?? projectDirectory,
    env: { ...env, ...options.env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  child.stdin.on('error', () => {}); // it ended before it read what it did not need
  child.stdin.end(options.input ?? '');
  const ended = new Promise<number | null>((done) => child.once('close', done));
  const [out, err, code] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  return { code, out, err };
}

/** An empty home below a scratch directory; whatever of it still runs when the scope ends is a failure, and is ended. */
export async function emptyHome(scope: Scope): Promise<string> {
  const home = join(await scratchDirectory(scope), 'home');
  scope.defer(() => assertNothingLeft(home));
  return home;
}

/** Brings a platform up and takes it down when the scope ends. @param home an existing one, else a new one */
export async function startLocalpaas(
  scope: Scope,
  { home, args = [], env: added = {} }: { home?: string; args?: readonly string[]; env?: Record<string, string> } = {},
): Promise<Localpaas> {
  const place = home ?? (await emptyHome(scope));
  const env = { ...(await environmentOf(place)), ...added };
  const [program, ...first] = command();
  const child = spawn(program, [...first, 'up', '--json', '--port', '0', '--bus-port', '0', ...args], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let out = '';
  let err = '';
  child.stdout.on('data', (chunk) => {
    out += chunk;
  });
  child.stderr.on('data', (chunk) => {
    err += chunk;
  });
  const exited = new Promise<void>((done) => child.once('exit', () => done()));
  scope.defer(async () => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM');
    await exited;
  });
  const ready = await waitFor(
    'the platform to be ready',
    () => {
      if (child.exitCode !== null) throw new Error(`up ended with ${child.exitCode}:\n${err}`);
      return readyEventIn(out);
    },
    { limitMs: 60_000 },
  );
  return localpaasOf(ready, place, env);
}

interface ReadyEvent {
  readonly pid: number;
  readonly url: string;
  readonly natsServerPid: number;
}

/** Among the events, one on each line; the last may not have come as a whole yet. */
function readyEventIn(out: string): ReadyEvent | undefined {
  const line = out.split('\n').find((each) => each.startsWith('{"event":"ready"') && each.endsWith('}'));
  return line === undefined ? undefined : (JSON.parse(line) as ReadyEvent);
}

function localpaasOf({ pid, url, natsServerPid }: ReadyEvent, home: string, env: Record<string, string>): Localpaas {
  const port = Number(new URL(url).port);
  const run = (args: readonly string[], options?: RunOptions) => runCommand(args, env, options);
  return {
    home,
    url,
    port,
    pid,
    natsServerPid,
    run,
    async ok(args, options) {
      const { code, out, err } = await run(args, options);
      if (code !== 0) throw new Error(`localpaas ${args.join(' ')} ended with ${code}:\n${out}\n${err}`);
      return out;
    },
    async get(app, path = '/', headers = {}) {
      const answer = await call(`${url}${path}`, { headers: { host: `${app}.localhost:${port}`, ...headers } });
      return { status: answer.status, body: await answer.text() };
    },
  };
}

/** Ends and reports every process that a home's platform left behind. */
async function assertNothingLeft(home: string): Promise<void> {
  const left: string[] = [];
  for (const row of await processTable()) {
    const isOurs = environmentVariableOf(row.pid, 'LOCALPAAS_HOME') === home || belongsTo(row.pid, home);
    if (!isOurs || row.pid === process.pid || row.state === 'Z') continue;
    left.push(`${row.pid} ${commandOf(row.pid)}`);
    if ((await identityOf(row.pid)) !== undefined) process.kill(row.pid, 'SIGKILL');
  }
  if (left.length > 0) throw new Error(`These processes were left behind:\n${left.join('\n')}`);
}

/** Apps do not have LOCALPAAS_HOME, but their HOME lies below it; nats-server is told where its configuration is. */
function belongsTo(pid: number, home: string): boolean {
  return environmentVariableOf(pid, 'HOME')?.startsWith(home) === true || commandOf(pid).includes(home);
}
