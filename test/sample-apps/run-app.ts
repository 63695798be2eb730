import { once } from 'node:events';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Child, type Exit, startChild } from '#ground/child.ts';
import { call } from '#ground/http-client.ts';
import { waitFor, within } from '#ground/wait.ts';
import { freePort } from '../support/free-port.ts';
import type { Scope } from '../support/spec.ts';

export const sampleApps = fileURLToPath(new URL('../../sample-apps/', import.meta.url));

/** The instance that the apps are told to be, so that an app which always says 0 is found out. */
export const instanceIndex = 3;

const startLimitMs = 8_000;
const stopLimitMs = 5_000;

export interface AppOptions {
  /** Program and arguments; `%PORT%` in one of them becomes the port. */
  readonly command: readonly [string, ...string[]];
  /** What to install when the program is missing, for the error. */
  readonly needs: string;
  /** Beside PATH, HOME, PORT and VCAP_APPLICATION, or instead of them: `undefined` takes a variable away. */
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/** A sample app that runs as a plain program, without the platform, from a copy outside the repository. */
export class App {
  readonly #options: AppOptions;
  readonly #child: Child;
  readonly port: number;
  readonly directory: string;
  #log = '';

  private constructor(options: AppOptions, child: Child, port: number, directory: string) {
    this.#options = options;
    this.#child = child;
    this.port = port;
    this.directory = directory;
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.#log += text;
      });
    }
  }

  /** Starts the app without waiting for anything. @throws Error saying what to install, when its program is missing */
  static async launch(scope: Scope, name: string, options: AppOptions): Promise<App> {
    const directory = copyOf(scope, name);
    const port = await freePort();
    const [program, ...args] = options.command.map((part) => part.replaceAll('%PORT%', String(port)));
    const child = await startChild({
      program: program ?? '',
      args,
      cwd: directory,
      env: environment(port, directory, options.env),
      stdio: ['ignore', 'pipe', 'pipe'],
    }).catch((cause: unknown) => {
      throw new Error(`The program '${program}' cannot be started. ${name} needs ${options.needs}.`, { cause });
    });
    return new App(options, scope.use(child), port, directory);
  }

  /** Starts the app and waits until it answers. */
  static async start(scope: Scope, name: string, options: AppOptions): Promise<App> {
    const app = await App.launch(scope, name, options);
    let exit: Exit | undefined;
    void app.exited.then((how) => {
      exit = how;
    });
    await waitFor(
      `${name} to answer on port ${app.port}`,
      async () => {
        if (exit !== undefined) throw new Error(`${name} ended with ${exit.code ?? exit.signal}.${app.#hints()}`);
        return (await app.isListening()) || undefined;
      },
      { limitMs: startLimitMs, everyMs: 20 },
    );
    return app;
  }

  get pid(): number {
    return this.#child.pid;
  }

  get exited(): Promise<Exit> {
    return this.#child.exited;
  }

  /** What the app wrote so far. */
  get log(): string {
    return this.#log;
  }

  async get(path: string, host = '127.0.0.1'): Promise<{ status: number; type: string; body: string }> {
    const answer = await call(`http://${host}:${this.port}${path}`, { idleMs: startLimitMs });
    return { status: answer.status, type: answer.headers['content-type'] ?? '', body: await answer.text() };
  }

  /** Whether the app answers at all, whatever it answers. */
  async isListening(host = '127.0.0.1'): Promise<boolean> {
    return this.get('/', host).then(
      () => true,
      () => false,
    );
  }

  /** Waits until the app has written `text`. */
  async says(text: string): Promise<void> {
    await waitFor(`"${text}" in the log:\n${this.#log}`, () => this.#log.includes(text) || undefined, {
      limitMs: startLimitMs,
    });
  }

  /** Opens a connection without a request, as browsers do to have one ready. */
  async holdConnection(scope: Scope): Promise<void> {
    const socket = connect(this.port, '127.0.0.1');
    socket.on('error', () => {}); // the app may cut it, that is its right
    scope.defer(() => socket.destroy());
    await once(socket, 'connect');
  }

  /** Asks the app, and only its first process, to leave. */
  async stop(): Promise<Exit> {
    process.kill(this.pid, 'SIGTERM');
    return within(stopLimitMs, 'the app to leave on SIGTERM', this.exited);
  }

  #hints(): string {
    return ` It may need: ${this.#options.needs}. Its log:\n${this.#log}`;
  }
}

/** What a program sees as a clean end: 0, or the signal itself where the app leaves SIGTERM to the system. */
export function isCleanEnd({ code, signal }: Exit): boolean {
  return code === 0 || signal === 'SIGTERM';
}

/** The app's files without the repository around them: nothing is found in a folder above, nothing is left behind. */
function copyOf(scope: Scope, name: string): string {
  const scratch = mkdtempSync(join(tmpdir(), 'localpaas-sample-app-'));
  scope.defer(() => rmSync(scratch, { recursive: true, force: true }));
  cpSync(join(sampleApps, name), join(scratch, 'app'), { recursive: true });
  return join(scratch, 'app');
}

function environment(port: number, home: string, own: AppOptions['env'] = {}): Record<string, string> {
  const all = {
    // Node itself may be on nobody's PATH, and its directory must not hide other programs.
    PATH: [process.env['PATH'], join(process.execPath, '..')].join(delimiter),
    HOME: home,
    PORT: String(port),
    VCAP_APPLICATION: JSON.stringify({ name: 'sample', instance_index: instanceIndex }),
    ...own,
  };
  const given = Object.entries(all).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]));
  return Object.fromEntries(given.map(([name, value]) => [name, value?.replaceAll('%PORT%', String(port))]));
}
