import type { ClientRequest, IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { createProxyServer } from 'httpxy';
import { systemCodeOf } from '#ground/errors.ts';
import { AppConnections, connectTo, SingleConnection } from './app-connections.ts';
import { hasBody } from './check-request.ts';
import { copyTrailers, passOn, passOnNews } from './pass-on.ts';
import type { Attempt, ForwardCall, Transport, UpgradeCall } from './transport.ts';
import { CarriedWebsocket, prepareAnswer } from './websocket.ts';

/** One attempt to forward a request. */
interface Exchange {
  readonly call: ForwardCall;
  readonly settle: (attempt: Attempt) => void;
  outgoing: ClientRequest | undefined;
  /** What the connection had received before this request. */
  bytesBefore: number;
}

interface Upgrade {
  readonly call: UpgradeCall;
  readonly settle: (attempt: Attempt) => void;
  isAnswered: boolean;
}

/**
 * The transport on httpxy. It carries bytes and ends what belongs together when one side goes; everything that
 * concerns headers is ours, and so is the answer (`selfHandleResponse`), for httpxy writes heads without a net.
 */
export class HttpxyTransport implements Transport {
  readonly #connectMs: number;
  readonly #kept: AppConnections;
  readonly #own: AppConnections;
  readonly #web = createProxyServer({ selfHandleResponse: true });
  readonly #ws = createProxyServer();
  readonly #exchanges = new WeakMap<IncomingMessage, Exchange>();
  readonly #upgrades = new WeakMap<IncomingMessage, Upgrade>();
  readonly #websockets = new Set<CarriedWebsocket>();

  constructor({ connectMs, idleMs }: { connectMs: number; idleMs: number }) {
    this.#connectMs = connectMs;
    this.#kept = new AppConnections({ keepAlive: true, connectMs, idleMs });
    this.#own = new AppConnections({ keepAlive: false, connectMs, idleMs });
    this.#web.on('proxyReq', (outgoing, request, response) => this.#connected(outgoing, request, response));
    this.#web.on('proxyRes', (answer, request, response) => this.#answered(answer, request, response));
    this.#ws.on('proxyReqWs', (outgoing, request, socket) => this.#asked(outgoing, request, socket));
    this.#ws.on('error', (error, request, socket) => this.#upgradeFailed(error, request, socket));
  }

  get connections(): number {
    return this.#kept.count + this.#own.count + this.#websockets.size;
  }

  forward(request: IncomingMessage, response: ServerResponse, call: ForwardCall): Promise<Attempt> {
    request.headers = call.headers as IncomingHttpHeaders; // the type of outgoing ones is wider, by numbers
    request.url = call.target;
    // httpxy listens anew at each attempt; Node takes many listeners for a leak, and says so to the user.
    request.setMaxListeners(0);
    response.setMaxListeners(0);
    return new Promise((settle) => {
      const exchange: Exchange = { call, settle, outgoing: undefined, bytesBefore: 0 };
      this.#exchanges.set(request, exchange);
      const agent = call.ownConnection ? this.#own : this.#kept;
      this.#web.web(request, response, { target: call.endpoint, agent }).then(
        () => settle({ result: 'answered', status: response.statusCode }),
        (error: Error) => settle(failureOf(exchange, error)),
      );
    });
  }

  /** The instance accepts the request; nothing was sent yet. */
  #connected(outgoing: ClientRequest, request: IncomingMessage, response: ServerResponse): void {
    const exchange = this.#exchanges.get(request);
    if (exchange === undefined) return;
    const { call, settle } = exchange;
    exchange.outgoing = outgoing;
    exchange.bytesBefore = outgoing.socket?.bytesRead ?? 0;
    if (call.target === '*') outgoing.path = '*'; // httpxy makes `/*` of it
    outgoing.on('information', (news) => passOnNews(news, response, call.expectsContinue));
    // An answer with 101 nobody asked for is neither an answer nor an error to Node.
    outgoing.once('close', () => settle(failureOf(exchange, new Error('the connection was given up'))));
    outgoing.once('error', (error) => settle(failureOf(exchange, error)));
    if (!hasBody(request.headers)) return;
    try {
      // httpxy tells nothing about requests which expect something, so it does not know.
      if (call.expectsContinue) outgoing.setHeader('expect', '100-continue');
      request.once('end', () => copyTrailers(request, outgoing));
      outgoing.flushHeaders();
    } catch (error) {
      outgoing.destroy(error as Error); // only Node's own errors come from there
    }
  }

  #answered(answer: IncomingMessage, request: IncomingMessage, response: ServerResponse): void {
    const exchange = this.#exchanges.get(request);
    if (exchange === undefined) return;
    const { call, settle } = exchange;
    try {
      passOn(answer, response, { headers: call.answerHeaders(answer), onBytes: call.onBytes });
      settle({ result: 'answered', status: response.statusCode });
    } catch (error) {
      // Not destroyed, for then httpxy would cut the client off; it ends when the client has another answer.
      answer.resume();
      settle({ result: 'nonsense', error: error as Error });
    }
  }

  async upgrade(request: IncomingMessage, socket: Socket, head: Buffer, call: UpgradeCall): Promise<Attempt> {
    // Once httpxy has the client's socket it ends it at any error, so the instance has to be there before.
    let connection: Socket;
    try {
      connection = await connectTo(call.endpoint, this.#connectMs);
    } catch (error) {
      return { result: 'unreached', error: error as Error };
    }
    if (socket.destroyed) connection.destroy();
    if (socket.destroyed) return { result: 'answered', status: 499 };
    request.headers = call.headers as IncomingHttpHeaders;
    request.url = call.target;
    return new Promise((settle) => {
      this.#upgrades.set(request, { call, settle, isAnswered: false });
      const agent = new SingleConnection(connection);
      const over = () => settle({ result: 'answered', status: 499 });
      this.#ws.ws(request, socket, { target: call.endpoint, agent }, head).then(over, over);
    });
  }

  #asked(outgoing: ClientRequest, request: IncomingMessage, socket: Socket): void {
    const upgrade = this.#upgrades.get(request);
    if (upgrade === undefined) return;
    const giveUp = () => outgoing.destroy();
    socket.once('close', giveUp);
    const answer = (message: IncomingMessage) => {
      socket.removeListener('close', giveUp);
      upgrade.isAnswered = true;
      prepareAnswer(message, upgrade.call.answerHeaders(message));
      upgrade.settle({ result: 'answered', status: message.statusCode ?? 0 });
    };
    // Both run before httpxy's own listeners, which write the head.
    outgoing.on('response', answer);
    outgoing.on('upgrade', (message, appSocket: Socket) => {
      answer(message);
      const websocket = new CarriedWebsocket(socket, appSocket);
      this.#websockets.add(websocket);
      void websocket.closed.then(() => this.#websockets.delete(websocket));
    });
  }

  #upgradeFailed(error: Error, request: IncomingMessage | undefined, socket: unknown): void {
    const upgrade = request && this.#upgrades.get(request);
    if (upgrade === undefined || upgrade.isAnswered) return;
    upgrade.isAnswered = true;
    const client = socket as Socket; // always, for a websocket
    if (client.writable) client.write(upgrade.call.failure);
    upgrade.settle({ result: 'silent', error, wasKept: false });
  }

  async endWebsockets(limitMs: number): Promise<void> {
    await Promise.all([...this.#websockets].map((websocket) => websocket.end(limitMs)));
  }

  /** Ends the connections to instances; websockets end with their clients. */
  [Symbol.dispose](): void {
    this.#kept.destroy();
    this.#own.destroy();
  }
}

function failureOf({ outgoing, bytesBefore }: Exchange, error: Error): Attempt {
  // What Node itself objects to (ERR_…) is the request; the instance was not asked.
  if (outgoing === undefined)
    return { result: /^ERR_/.test(systemCodeOf(error) ?? '') ? 'nonsense' : 'unreached', error };
  if ((outgoing.socket?.bytesRead ?? bytesBefore) > bytesBefore) return { result: 'nonsense', error };
  return { result: 'silent', error, wasKept: outgoing.reusedSocket };
}
