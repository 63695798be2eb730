import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AppState } from '#contract/apps.ts';
import { noVersion } from './live-page.ts';

/** Of one app: a browser has one for each window that can be seen. */
const mostStreams = 64;
/** A line that says nothing shows whether the other side is still there. */
const aliveMs = 15_000;
/** How soon a browser comes back whose connection was lost. */
const retryMs = 500;
/** The last words of an instance may be on their way when its end is told. */
const logDelayMs = 150;
/** Who takes nothing of what it is told is gone. */
const mostWaitingBytes = 64 * 1024;

interface Stream {
  readonly response: ServerResponse;
  /** What the page is of, as far as it is known. */
  version: string;
  /** The trouble that the page shows. */
  shown: Trouble | undefined;
}

/** Why an app is not as somebody wants it. */
interface Trouble {
  readonly version: string;
  readonly title: string;
  readonly reason: string;
  readonly hint: string;
}

/** The event streams to the pages of one app. They are told what happened, and those that come late what they missed. */
export class Streams implements Disposable {
  readonly #lines: () => Promise<readonly string[]>;
  readonly #streams = new Set<Stream>();
  #alive: NodeJS.Timeout | undefined;
  #trouble: Trouble | undefined;
  #isClosed = false;

  /** @param lines the last lines of the app's log */
  constructor(lines: () => Promise<readonly string[]>) {
    this.#lines = lines;
  }

  open(request: IncomingMessage, response: ServerResponse, state: AppState): void {
    if (this.#streams.size >= mostStreams || this.#isClosed) {
      response.writeHead(503, { 'Retry-After': '5', 'Content-Length': 0 }).end();
      return;
    }
    response.writeHead(200, {
      'Content-Type': 'text/event-stream',
      'Cache-Control': 'no-store',
      'X-Accel-Buffering': 'no',
      'X-Content-Type-Options': 'nosniff',
    });
    if (request.method === 'HEAD') {
      response.end();
      return;
    }
    const stream: Stream = { response, version: versionIn(request), shown: undefined };
    this.#streams.add(stream);
    response.on('error', () => {}); // it is gone, which `close` says too
    response.once('close', () => this.#forget(stream));
    this.#alive ??= setInterval(() => this.#keepAlive(), aliveMs).unref();
    response.write(`retry: ${retryMs}\n\n`);
    this.#greet(stream, state);
  }

  /** What became of the app. */
  tell(state: AppState): void {
    const before = this.#trouble;
    const trouble = troubleIn(state);
    if (before === undefined || trouble === undefined || !isSame(before, trouble)) this.#trouble = trouble;
    for (const stream of [...this.#streams]) this.#tellVersion(stream, state);
    if (trouble === undefined || this.#trouble !== trouble) return;
    setTimeout(() => {
      if (this.#trouble === trouble) void this.#tellTrouble(trouble);
    }, logDelayMs).unref();
  }

  /** Nobody works on the app any more: its pages need not come back. */
  end(): void {
    for (const stream of this.#streams) this.#send(stream, 'end', {});
    this[Symbol.dispose]();
  }

  [Symbol.dispose](): void {
    this.#isClosed = true;
    clearInterval(this.#alive);
    for (const { response } of this.#streams) response.end();
    this.#streams.clear();
  }

  #greet(stream: Stream, state: AppState): void {
    this.#tellVersion(stream, state);
    const trouble = this.#trouble;
    if (trouble === undefined) return;
    if (stream.version === noVersion)
      stream.shown = trouble; // that is what the page is there for
    else void this.#tellTrouble(trouble);
  }

  #tellVersion(stream: Stream, { state, version = '', trouble }: AppState): void {
    if (state !== 'RUNNING') return;
    const isOther =
      stream.version === noVersion || (stream.version !== '' && version !== '' && stream.version !== version);
    if (version !== '' || isOther) stream.version = version;
    if (isOther) this.#send(stream, 'reload', {}, version);
    else if (trouble === undefined) this.#send(stream, 'ok', {}, version);
    if (trouble === undefined) stream.shown = undefined;
  }

  /** Tells those pages of it that do not show it. */
  async #tellTrouble(trouble: Trouble): Promise<void> {
    if (![...this.#streams].some(({ shown }) => shown !== trouble)) return;
    const lines = await this.#lines();
    if (this.#trouble !== trouble) return;
    for (const stream of this.#streams) {
      if (stream.shown === trouble) continue;
      stream.shown = trouble;
      this.#send(stream, 'trouble', { ...trouble, lines });
    }
  }

  #send({ response }: Stream, event: string, data: object, id = ''): void {
    if (response.writableLength > mostWaitingBytes) {
      response.destroy();
      return;
    }
    response.write(`${id === '' ? '' : `id: ${id}\n`}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
  }

  #keepAlive(): void {
    for (const { response } of this.#streams) {
      if (response.writableLength > mostWaitingBytes) response.destroy();
      else response.write(':\n\n');
    }
  }

  #forget(stream: Stream): void {
    this.#streams.delete(stream);
    if (this.#streams.size > 0) return;
    clearInterval(this.#alive);
    this.#alive = undefined;
  }
}

/** What the page has: what it was told last, else what its address says. */
function versionIn(request: IncomingMessage): string {
  const told = request.headers['last-event-id'];
  if (typeof told === 'string' && told !== '') return told;
  return new URLSearchParams((request.url ?? '').split('?')[1] ?? '').get('version') ?? '';
}

function troubleIn({ name, state, trouble, reason, version = '' }: AppState): Trouble | undefined {
  const why = trouble?.reason ?? (state === 'CRASHED' ? (reason ?? 'it ended') : undefined);
  if (why === undefined) return undefined;
  const serves = state === 'RUNNING';
  return {
    version: trouble?.version ?? version,
    title: serves ? `The new version of ${name} does not run` : `${name} does not run`,
    reason: `${sentence(why)}${serves ? ' The one before goes on.' : ''}`,
    hint: `The whole log: localpaas logs ${name} --recent`,
  };
}

function sentence(reason: string): string {
  const text = `${reason.charAt(0).toUpperCase()}${reason.slice(1)}`;
  return /[.!?]$/.test(text) ? text : `${text}.`;
}

function isSame(one: Trouble, other: Trouble): boolean {
  return one.version === other.version && one.reason === other.reason;
}
