import { spawn } from 'node:child_process';
import { cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { WatchEvent } from '#cli/watch/watch-event.ts';
import { waitFor } from '#ground/wait.ts';
import { command, environmentOf, type Localpaas } from './localpaas.ts';
import { scratchDirectory } from './scratch.ts';
import type { Scope } from './spec.ts';

const sampleApps = join(import.meta.dirname, '../../sample-apps');

type EventOf<Kind extends WatchEvent['event']> = Extract<WatchEvent, { event: Kind }>;

/** A watch as a user runs it, in a process of its own. */
export interface RunningWatch {
  readonly pid: number;
  /** All it has told until now. */
  readonly events: readonly WatchEvent[];
  /** The next event of a kind, after those that were asked for before. */
  next<Kind extends WatchEvent['event']>(kind: Kind): Promise<EventOf<Kind>>;
  /** Ends it as Ctrl-C does, if it has not ended yet. */
  stop(): Promise<{ readonly code: number | null; readonly err: string }>;
}

export interface WatchOptions {
  readonly args?: readonly string[];
  /** What runs the command, in place of the system: its arguments follow. */
  readonly under?: readonly string[];
}

/** Starts a watch of a folder; it is ended when the scope is. */
export async function startWatch(
  scope: Scope,
  paas: Pick<Localpaas, 'home'>,
  folder: string,
  { args = [], under = [] }: WatchOptions = {},
): Promise<RunningWatch> {
  const [program = '', ...first] = [...under, ...command(), 'watch', '--json', ...args];
  const env = await environmentOf(paas.home);
  const child = spawn(program, first, { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = new Promise<number | null>((done) => child.once('close', done));
  let out = '';
  let err = '';
  child.stdout.on('data', (chunk) => {
    out += chunk;
  });
  child.stderr.on('data', (chunk) => {
    err += chunk;
  });
  const events = () =>
    out
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as WatchEvent);
  const stop = async () => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGINT');
    return { code: await ended, err };
  };
  scope.defer(stop);
  let asked = 0;
  return {
    pid: child.pid ?? 0,
    get events() {
      return events();
    },
    async next<Kind extends WatchEvent['event']>(kind: Kind) {
      const find = () => {
        const found = events().findIndex(({ event }, index) => index >= asked && event === kind);
        if (found >= 0) return found;
        if (child.exitCode !== null) throw new Error(`The watch ended with ${child.exitCode}:\n${out}\n${err}`);
        return undefined;
      };
      const found = await waitFor(`the event ${kind}`, find, { limitMs: 30_000 }).catch((error: unknown) => {
        throw new Error(`${error}\n${out}\n${err}`);
      });
      asked = found + 1;
      return events()[found] as EventOf<Kind>;
    },
    stop,
  };
}

/** A copy of a sample app, to be changed. */
export async function copyOf(scope: Scope, app: string): Promise<string> {
  const folder = join(await scratchDirectory(scope), app);
  await cp(join(sampleApps, app), folder, { recursive: true });
  return folder;
}

/** Saves a file with a piece of it replaced. */
export async function edit(file: string, before: string | RegExp, after: string): Promise<void> {
  const text = await readFile(file, 'utf8');
  const edited = text.replace(before, after);
  if (edited === text) throw new Error(`${file} does not hold ${before}.`);
  await writeFile(file, edited);
}
