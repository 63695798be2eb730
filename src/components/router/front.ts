import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, Server as NetServer, type Socket } from 'node:net';
import { ActionableError, messageOf } from '#ground/errors.ts';
import { listen } from '#ground/ports.ts';
import { sleep } from '#ground/wait.ts';
import { type Address, wantsEvents } from './handover.ts';
import type { RouterOptions } from './options.ts';
import { refusalAsText } from './send-page.ts';
import { type Service, serveRequest, serveUpgrade } from './serve-request.ts';

type FrontOptions = Pick<RouterOptions, 'host' | 'port' | 'headersMs' | 'keepAliveMs' | 'drainMs'>;

export interface Retirement {
  /** When to cut clients that say nothing. */
  readonly quietMs: number;
  /** When to cut all that are left. */
  readonly limitMs: number;
  /** Cuts all that are left at once. */
  readonly signal?: AbortSignal;
}

/** How long a client may take to reply to the end of its websocket. */
const websocketGraceMs = 2_000;

/**
 * Where clients come in: the listening socket and their connections. It outlives the router that serves them when the
 * platform changes hands. Disposing it lets requests under way end for `drainMs`, and cuts what is left.
 */
export class Front implements AsyncDisposable {
  readonly #options: FrontOptions;
  readonly #server: Server;
  /**
   * Each with the answers that are under way on it: one, or more to a client that does not wait. One set of all answers
   * would cost more than all else here: with so much coming and going V8 keeps what such a set no longer holds.
   */
  readonly #connections = new Map<Socket, ServerResponse[]>();
  /** Connections that have left HTTP, of which the server knows nothing any more. */
  readonly #loose = new Set<Socket>();
  #service: Service;
  #address: Address | undefined;
  #lastRequest = false;
  #isClosing = false;
  #others: Promise<void> = Promise.resolve();

  constructor(service: Service, options: FrontOptions) {
    this.#service = service;
    this.#options = options;
    this.#server = createServer({
      headersTimeout: options.headersMs,
      // The default looks every 30 s only, so a slow client would have that much more.
      connectionsCheckingInterval: Math.min(1_000, options.headersMs),
      requestTimeout: 0, // an upload takes as long as it takes
      keepAliveTimeout: options.keepAliveMs,
    });
    // Node drops headers beyond a number without a word, be they the ones that say where the body ends.
    this.#server.maxHeadersCount = 0;
    this.#server.on('connection', (socket: Socket) => {
      this.#connections.set(socket, []);
      socket.once('close', () => this.#connections.delete(socket));
    });
    this.#takeRequests();
  }

  /** @throws ActionableError PORT_TAKEN, START_FAILED */
  async listen(descriptor?: number): Promise<void> {
    const { host, port } = this.#options;
    if (descriptor === undefined) await listen(this.#server, { host, port, who: 'The router', flag: '--port' });
    else await listenOn(this.#server, descriptor);
    this.#server.on('error', (error) => this.#service.log.error('router failed', { error: messageOf(error) }));
    const address = this.#server.address() as AddressInfo; // it listens on a port
    this.#address = { host: address.address, port: address.port };
  }

  /** Where it listens, or did last. */
  get address(): Address {
    if (this.#address === undefined) throw new TypeError('The front does not listen yet.');
    return this.#address;
  }

  /** How many clients are connected. */
  get connections(): number {
    return this.#connections.size;
  }

  /** Of the listening socket, for a child to inherit; -1 when it does not listen. */
  get descriptor(): number {
    const { _handle } = this.#server as { _handle?: { fd?: number } | null }; // Node has no other name for it
    return _handle?.fd ?? -1;
  }

  /** The router that serves from now on. */
  serveWith(service: Service): void {
    const before = this.#service;
    this.#service = service;
    before.handover.to(this.address);
  }

  /** Has those who retire wait for others that serve clients of this socket, too. */
  waitFor(others: Promise<void>): void {
    this.#others = others;
  }

  /**
   * Lets the answers that are under way come to their end, while it takes requests as before but tells each client to
   * come back on another connection. Event streams, which have no end, are not waited for.
   * @param leastMs so long at least, for clients to learn of it
   */
  async calm({ leastMs, limitMs }: { leastMs: number; limitMs: number }): Promise<void> {
    const before = this.#answers().filter((answer) => !wantsEvents(answer));
    this.#askForNoMore();
    const limit = performance.now() + limitMs;
    const over = () => performance.now() >= limit || before.every((answer) => answer.closed);
    await sleep(leastMs);
    while (!over()) await sleep(10);
  }

  /**
   * Gives up the socket, which others may hold as well, and has the requests that wait for a successor passed on to
   * whoever listens there now. Websockets are closed; the other clients may make one more request each.
   */
  async retire({ quietMs, limitMs, signal }: Retirement): Promise<void> {
    this.#askForNoMore();
    // What http.Server adds to this cuts idle connections, on which a request may be coming.
    const closed = new Promise<void>((resolve) => NetServer.prototype.close.call(this.#server, () => resolve()));
    this.#service.handover.to(this.address);
    const websockets = this.#service.transport.endWebsockets(Math.min(limitMs, websocketGraceMs));
    const cutAll = () => this.#cut(() => true);
    const timers = [setTimeout(() => this.#cutQuiet(), quietMs), setTimeout(cutAll, limitMs)];
    signal?.addEventListener('abort', cutAll, { once: true });
    if (signal?.aborted === true) cutAll();
    await Promise.all([closed, websockets]);
    for (const timer of timers) clearTimeout(timer);
    const cut = new Promise<void>((resolve) => {
      signal?.addEventListener('abort', () => resolve(), { once: true });
      if (signal?.aborted === true) resolve();
    });
    await Promise.race([this.#others, cut]);
    signal?.removeEventListener('abort', cutAll);
    this.#server.close(() => {}); // it is closed; this stops its timer
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosing = true;
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#server.closeIdleConnections();
    // Browsers connect ahead of their requests; to the server such a connection is busy.
    this.#cut((socket) => socket.bytesRead === 0 || this.#loose.has(socket));
    const timer = setTimeout(() => this.#cut(() => true), this.#options.drainMs);
    await closed;
    clearTimeout(timer);
  }

  #askForNoMore(): void {
    this.#lastRequest = true;
    for (const answer of this.#answers()) answer.shouldKeepAlive = false;
  }

  #answers(): ServerResponse[] {
    return [...this.#connections.values()].flat();
  }

  /** Cuts connections without a request, and those that send none any more. */
  #cutQuiet(): void {
    this.#isClosing = true;
    this.#server.closeIdleConnections();
    this.#cut((socket) => socket.bytesRead === 0);
  }

  #cut(isMeant: (socket: Socket) => boolean): void {
    for (const socket of this.#connections.keys()) if (isMeant(socket)) socket.destroy();
  }

  #takeRequests(): void {
    const serve = (request: IncomingMessage, response: ServerResponse, expectsContinue: boolean) => {
      this.#note(response);
      const service = this.#service;
      void serveRequest(service, request, response, expectsContinue).catch((error: unknown) => {
        service.log.error('request failed', { error: messageOf(error) });
        response.destroy();
      });
    };
    this.#server.on('request', (request, response) => serve(request, response, false));
    this.#server.on('checkContinue', (request, response) => serve(request, response, true));
    this.#server.on('upgrade', (request, socket: Socket, head) => {
      this.#loosen(socket);
      const service = this.#service;
      void serveUpgrade(service, request, socket, head).catch((error: unknown) => {
        service.log.error('upgrade failed', { error: messageOf(error) });
        socket.destroy();
      });
    });
    this.#server.on('connect', (_, socket: Socket) => {
      this.#loosen(socket);
      socket.end(refusalAsText({ status: 405, text: 'There are no tunnels here.' }));
    });
  }

  #note(response: ServerResponse): void {
    const answers = this.#connections.get(response.req.socket);
    answers?.push(response);
    if (this.#lastRequest) response.shouldKeepAlive = false;
    response.on('close', () => {
      answers?.splice(answers.indexOf(response), 1);
      // The server is closing, and this connection would wait for its next request.
      if (this.#isClosing) setImmediate(() => this.#server.closeIdleConnections());
    });
  }

  #loosen(socket: Socket): void {
    this.#loose.add(socket);
    socket.on('error', () => {}); // the client is gone, which `close` says too
    socket.once('close', () => this.#loose.delete(socket));
  }
}

/** @throws ActionableError START_FAILED */
async function listenOn(server: Server, descriptor: number): Promise<void> {
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen({ fd: descriptor }, () => {
        server.removeListener('error', reject);
        resolve();
      });
    });
  } catch (cause) {
    throw new ActionableError(
      'START_FAILED',
      `The router cannot take over the socket it was given as descriptor ${descriptor}: ${messageOf(cause)}.`,
      'Give it a TCP socket that listens, or none.',
      { cause },
    );
  }
}
