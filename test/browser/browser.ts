import { spawn } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import WebSocket from 'ws';
import { call } from '#ground/http-client.ts';
import { waitFor } from '#ground/wait.ts';
import { scratchDirectory } from '../support/scratch.ts';
import type { Scope } from '../support/spec.ts';

/** A window of a real browser, driven through its DevTools. */
export interface Page {
  goTo(url: string): Promise<void>;
  /** The value of an expression in the page, which has to survive JSON. */
  evaluate<T>(expression: string): Promise<T>;
  /** Waits until an expression is true; a page that is being loaded has none. */
  until(expression: string, limitMs?: number): Promise<void>;
  press(key: string): Promise<void>;
  /** Puts a picture of the window into the folder that `LOCALPAAS_PICTURES` names, if it names one. */
  picture(name: string): Promise<void>;
  /** What the page said on its console, errors included. */
  readonly said: readonly string[];
}

interface Message {
  readonly id?: number;
  readonly method?: string;
  readonly params?: Record<string, unknown>;
  readonly result?: Record<string, unknown>;
  readonly error?: { readonly message: string };
}

const program = process.env['CHROMIUM'] ?? 'chromium';

/** Starts Chromium, `$CHROMIUM` or the one on the PATH, with a profile of its own. It ends with the scope. */
export async function openPage(scope: Scope): Promise<Page> {
  const profile = await scratchDirectory(scope);
  const flags = ['--headless=new', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--no-first-run'];
  const child = spawn(
    program,
    [...flags, '--remote-debugging-port=0', `--user-data-dir=${profile}`, '--window-size=1100,760', 'about:blank'],
    { stdio: 'ignore', detached: true },
  );
  const failed = new Promise<never>((_, reject) => {
    child.once('error', (cause) =>
      reject(new Error(`${program} cannot be run: \`apt install chromium\`, or name one in CHROMIUM.`, { cause })),
    );
  });
  failed.catch(() => {});
  scope.defer(async () => {
    if (child.pid === undefined || child.exitCode !== null) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    process.kill(-child.pid, 'SIGKILL');
    await ended;
  });
  const portFile = join(profile, 'DevToolsActivePort');
  const readPort = async () => (await readFile(portFile, 'utf8').catch(() => '')).split('\n')[0] || undefined;
  const port = await Promise.race([waitFor('the browser', readPort, { limitMs: 30_000, everyMs: 50 }), failed]);
  const targets = (await (await call(`http://127.0.0.1:${port}/json/list`)).json()) as {
    type: string;
    webSocketDebuggerUrl: string;
  }[];
  const url = targets.find(({ type }) => type === 'page')?.webSocketDebuggerUrl;
  if (url === undefined) throw new Error('The browser has no window.');
  return DevToolsPage.open(scope, url);
}

class DevToolsPage implements Page {
  readonly said: string[] = [];
  readonly #socket: WebSocket;
  readonly #waiting = new Map<number, (message: Message) => void>();
  #last = 0;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on('message', (text) => this.#receive(JSON.parse(String(text)) as Message));
  }

  static async open(scope: Scope, url: string): Promise<DevToolsPage> {
    const socket = new WebSocket(url);
    scope.defer(() => socket.terminate());
    await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
    const page = new DevToolsPage(socket);
    for (const domain of ['Page', 'Runtime', 'Log']) await page.#send(`${domain}.enable`);
    return page;
  }

  async goTo(url: string): Promise<void> {
    await this.#send('Page.navigate', { url });
    await this.until("document.readyState === 'complete'");
  }

  async evaluate<T>(expression: string): Promise<T> {
    const { result } = (await this.#send('Runtime.evaluate', { expression, returnByValue: true })) as {
      result: { value: T };
    };
    return result.value;
  }

  async until(expression: string, limitMs = 20_000): Promise<void> {
    const look = async () => ((await this.evaluate(expression).catch(() => false)) === true ? true : undefined);
    await waitFor(`${expression}; the page said ${this.said.join(' | ')}`, look, { limitMs, everyMs: 25 });
  }

  async press(key: string): Promise<void> {
    for (const type of ['keyDown', 'keyUp']) await this.#send('Input.dispatchKeyEvent', { type, key, code: key });
  }

  async picture(name: string): Promise<void> {
    const folder = process.env['LOCALPAAS_PICTURES'];
    if (folder === undefined) return;
    const { data } = (await this.#send('Page.captureScreenshot', { format: 'png' })) as { data: string };
    await writeFile(join(folder, `${name}.png`), Buffer.from(data, 'base64'));
  }

  async #send(method: string, params: object = {}): Promise<Record<string, unknown>> {
    this.#last += 1;
    const id = this.#last;
    const answer = new Promise<Message>((resolve) => this.#waiting.set(id, resolve));
    this.#socket.send(JSON.stringify({ id, method, params }));
    const { error, result = {} } = await answer;
    if (error !== undefined) throw new Error(`${method}: ${error.message}`);
    return result;
  }

  #receive({ id, method, params = {}, ...message }: Message): void {
    if (id !== undefined) this.#waiting.get(id)?.(message);
    if (method === 'Log.entryAdded') this.said.push(String((params['entry'] as { text: string }).text));
    if (method === 'Runtime.exceptionThrown') this.said.push(JSON.stringify(params['exceptionDetails']));
  }
}
