import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Trouter } from 'trouter';
import { type ListenOptions, listen } from './ports.ts';

export interface HttpRequest {
  readonly method: string;
  /** Without query, as it came. */
  readonly path: string;
  /** The `:names` of the pattern, decoded. */
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage['headers'];
  /** The body, and everything else there is to know. */
  readonly raw: IncomingMessage;
}

/** What a handler answers. An object becomes JSON; a string or bytes go out as they are; a stream is piped. */
export interface HttpReply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: object | string | Uint8Array | Readable | undefined;
}

export type HttpHandler = (request: HttpRequest) => HttpReply | Promise<HttpReply>;
type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** The routes of a server. Patterns are those of trouter: `/v3/apps/:guid`, `/files/*`. */
export class Routes {
  readonly #table = new Trouter<HttpHandler>();

  on(method: Method, pattern: string, handler: HttpHandler): this {
    this.#table.add(method, pattern, handler);
    return this;
  }

  /** The handler for a path and the values of its `:names`, or `undefined`. HEAD is served by GET. */
  find(method: string, path: string): { handler: HttpHandler; params: Record<string, string> } | undefined {
    const { handlers, params } = this.#table.find(method === 'HEAD' ? 'GET' : (method as Method), path);
    const handler = handlers.at(-1);
    if (handler === undefined) return undefined;
    return { handler, params: Object.fromEntries(Object.entries(params).map(([key, text]) => [key, decode(text)])) };
  }
}

export interface HttpServerOptions extends ListenOptions {
  readonly routes: Routes;
  /** Makes the reply for a path that no route has. */
  readonly notFound: HttpHandler;
  /** Makes the reply for what a handler threw, and logs it where it is a bug. */
  readonly failed: (error: unknown, request: HttpRequest) => HttpReply;
  /** Runs before each handler; what it throws goes to `failed`. */
  readonly before?: (request: HttpRequest) => void | Promise<void>;
}

/** A small HTTP server for the platform's own endpoints. Disposing it cuts the connections that are left. */
export async function startHttpServer(
  options: HttpServerOptions,
): Promise<AsyncDisposable & { readonly port: number }> {
  const server: Server = createServer({ requestTimeout: 0, headersTimeout: 15_000, keepAliveTimeout: 75_000 });
  server.on('request', (raw, response) => {
    void answer(raw, response, options).catch(() => response.destroy());
  });
  const port = await listen(server, options);
  return {
    port,
    async [Symbol.asyncDispose](): Promise<void> {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
}

async function answer(raw: IncomingMessage, response: ServerResponse, options: HttpServerOptions): Promise<void> {
  const [path = '/', search = ''] = splitOnce(raw.url ?? '/', '?');
  const found = options.routes.find(raw.method ?? 'GET', path);
  const request: HttpRequest = {
    method: raw.method ?? 'GET',
    path,
    params: found?.params ?? {},
    query: new URLSearchParams(search),
    headers: raw.headers,
    raw,
  };
  let reply: HttpReply;
  try {
    await options.before?.(request);
    reply = await (found?.handler ?? options.notFound)(request);
  } catch (error) {
    reply = options.failed(error, request);
  }
  await send(response, reply, raw.method === 'HEAD');
  // A body nobody read would keep the connection busy for ever.
  if (!raw.readableEnded) raw.resume();
}

async function send(
  response: ServerResponse,
  { status, headers = {}, body }: HttpReply,
  headOnly: boolean,
): Promise<void> {
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
  response.statusCode = status;
  if (body instanceof Readable) {
    if (headOnly) {
      body.destroy();
      response.end();
      return;
    }
    await pipeline(body, response);
    return;
  }
  const bytes = bytesOf(body);
  if (isJson(body) && !response.hasHeader('content-type'))
    response.setHeader('content-type', 'application/json; charset=utf-8');
  if (status !== 204) response.setHeader('content-length', bytes.length);
  response.end(headOnly ? undefined : bytes);
}

function isJson(body: HttpReply['body']): boolean {
  return typeof body === 'object' && !(body instanceof Uint8Array);
}

function bytesOf(body: Exclude<HttpReply['body'], Readable>): Uint8Array {
  if (body === undefined) return Buffer.alloc(0);
  if (body instanceof Uint8Array) return body;
  return Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
}

/** The whole body, at most `limitBytes` of it. @throws RangeError when there is more */
export async function readBody(request: HttpRequest, limitBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request.raw) {
    size += (chunk as Buffer).length;
    if (size > limitBytes) throw new RangeError(`The body is larger than ${limitBytes} bytes.`);
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks);
}

function decode(text: string | null): string {
  try {
    return decodeURIComponent(text ?? '');
  } catch {
    return text ?? ''; // a lone `%` is taken as it stands
  }
}

function splitOnce(text: string, separator: string): string[] {
  const at = text.indexOf(separator);
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)];
}
