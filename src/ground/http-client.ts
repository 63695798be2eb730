import {
  Agent,
  type ClientRequest,
  request as httpRequest,
  type IncomingHttpHeaders,
  type IncomingMessage,
} from 'node:http';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';

export interface HttpCall {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array | Readable;
  readonly signal?: AbortSignal | undefined;
  /** Silence of the peer that ends the call, in ms; 30,000 when absent. */
  readonly idleMs?: number;
  /**
   * Asks first whether the peer wants the body (`Expect: 100-continue`), and sends it when it says so, or nothing for so
   * many ms: old servers do not know the question. A refusal that comes meanwhile is the answer, and no body is sent.
   */
  readonly askFirstMs?: number;
  /** Takes whatever certificate an https server shows. */
  readonly trustAny?: boolean;
}

/** An answer whose head has arrived. Read the body, or `discard()` it. */
export class HttpAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly stream: IncomingMessage;

  constructor(stream: IncomingMessage) {
    this.stream = stream;
    this.status = stream.statusCode ?? 0;
    this.headers = stream.headers;
  }

  async bytes(): Promise<Buffer> {
    const chunks: Buffer[] = [];
    for await (const chunk of this.stream) chunks.push(chunk as Buffer); // no encoding is set, so chunks are buffers
    return Buffer.concat(chunks);
  }

  async text(): Promise<string> {
    return (await this.bytes()).toString('utf8');
  }

  async json(): Promise<unknown> {
    return JSON.parse(await this.text());
  }

  discard(): void {
    this.stream.resume();
  }
}

const keepAlive = new Agent({ keepAlive: true, maxSockets: 32 });

/**
 * Makes one HTTP call; redirects are not followed, and `user:password@` in the address becomes HTTP Basic.
 * Rejects with the system's error when there is no answer. Any status is an answer.
 */
export async function call(
  url: string,
  { method = 'GET', headers = {}, body, signal, idleMs = 30_000, askFirstMs, trustAny = false }: HttpCall = {},
) {
  const target = new URL(url);
  const secure = target.protocol === 'https:';
  if (!secure && target.protocol !== 'http:') throw new TypeError(`Only http and https addresses work, not ${url}.`);
  // Seldom needed, and 1 ms of each start.
  const open = secure ? (await import('node:https')).request : httpRequest;
  const request = open(target, {
    method,
    headers: askFirstMs === undefined ? headers : { ...headers, expect: '100-continue' },
    // Node looks for a server name without TLS as well, by a pattern whose compilation takes milliseconds.
    ...(secure ? { rejectUnauthorized: !trustAny } : { agent: keepAlive, servername: '' }),
    ...(signal === undefined ? {} : { signal }),
  });
  request.setTimeout(idleMs, () => request.destroy(new Error(`${target.host} was silent for ${idleMs} ms`)));
  const answered = new Promise<HttpAnswer>((resolve, reject) => {
    request.once('response', (response) => resolve(new HttpAnswer(response)));
    request.on('error', reject);
  });
  if (askFirstMs !== undefined && !(await isBodyWanted(request, answered, askFirstMs))) return answered;
  if (body === undefined || typeof body === 'string' || body instanceof Uint8Array) {
    request.end(body);
    return answered;
  }
  const sent = pipeline(body, request);
  // An answer may come before the body was sent (a refusal); then the broken upload is not the news.
  sent.catch(() => {});
  return Promise.race([answered, sent.then(() => answered)]);
}

/** @throws the system's error when the connection fails before there is a word */
async function isBodyWanted(request: ClientRequest, answered: Promise<HttpAnswer>, limitMs: number): Promise<boolean> {
  const told = new Promise<boolean>((resolve) => request.once('continue', () => resolve(true)));
  const silent = sleep(limitMs, true, { ref: false });
  request.flushHeaders();
  const isWanted = await Promise.race([told, silent, answered.then(() => false)]);
  // A call without its body is good for nothing more.
  if (!isWanted) (await answered).stream.once('close', () => request.destroy());
  return isWanted;
}

/** Lets this process end: closes the idle connections that are kept for the next call. */
export function closeIdleConnections(): void {
  keepAlive.destroy();
}
