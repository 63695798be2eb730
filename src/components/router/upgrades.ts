import { Agent, type ClientRequest, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { createProxyServer } from 'httpxy';
import type { AnswerHead } from './answer-head.ts';
import type { Attempt, UpgradeCall } from './transport.ts';
import { CarriedWebsocket } from './websocket.ts';

/** A request to become a websocket. */
export interface UpgradeRequest {
  readonly request: IncomingMessage;
  readonly client: Socket;
  /** What the client sent after its head. */
  readonly head: Buffer;
  /** Connected to the instance, and nothing was sent on it: once httpxy has the client it ends it at any error. */
  readonly app: Socket;
  readonly call: UpgradeCall;
  readonly onOpen: (websocket: CarriedWebsocket) => void;
}

interface UnderWay extends UpgradeRequest {
  readonly settle: (attempt: Attempt) => void;
  isAnswered: boolean;
}

/** A client that sends more before the app has agreed waits with the rest. */
const mostEarlyBytes = 64 * 1024;

/** Has instances agree to websockets, and connects the two then, with httpxy. What an instance answers otherwise is the client's answer. */
export class Upgrades {
  readonly #proxy = createProxyServer();
  readonly #underWay = new WeakMap<IncomingMessage, UnderWay>();

  constructor() {
    this.#proxy.on('proxyReqWs', (outgoing, request) => this.#asked(outgoing, request));
    this.#proxy.on('error', (error, request) => this.#failed(error, request));
  }

  ask(asked: UpgradeRequest): Promise<Attempt> {
    const { request, client, app, call, head } = asked;
    const lines = call.head().split('\r\n');
    request.url = lines[0]?.split(' ')[1] ?? '/';
    request.headers = headersIn(lines.slice(1, -1));
    return new Promise((settle) => {
      this.#underWay.set(request, { ...asked, settle, isAnswered: false });
      const over = () => settle({ result: 'answered', status: 499 });
      this.#proxy.ws(request, client, { target: call.endpoint, agent: new OneConnection(app) }, head).then(over, over);
    });
  }

  /** The instance is asked; nothing came of it yet. */
  #asked(outgoing: ClientRequest, request: IncomingMessage): void {
    const upgrade = this.#underWay.get(request);
    if (upgrade === undefined) return;
    const { app, client, call, onOpen, settle } = upgrade;
    const patience = new Patience(client, () => {
      outgoing.destroy();
      app.destroy();
      client.destroy();
    });
    const answer = (message: IncomingMessage) => {
      patience.end();
      upgrade.isAnswered = true;
      prepareAnswer(message, call.answerHeaders(answerHeadOf(message)));
      settle({ result: 'answered', status: message.statusCode ?? 0 });
    };
    // Both run before httpxy's own listeners, which write the head.
    outgoing.on('response', answer);
    outgoing.on('upgrade', (message) => {
      answer(message);
      onOpen(new CarriedWebsocket(client, app));
    });
  }

  #failed(error: Error, request: IncomingMessage | undefined): void {
    const upgrade = request && this.#underWay.get(request);
    if (upgrade === undefined || upgrade.isAnswered) return;
    upgrade.isAnswered = true;
    const { call, client, settle } = upgrade;
    if (client.writable) client.write(call.failure);
    settle({ result: client.destroyed ? 'answered' : 'silent', status: 499, error, wasKept: false });
  }
}

/** A client that waits for a websocket: only who reads learns that it has gone, and what it says meanwhile is kept. */
class Patience {
  readonly #client: Socket;
  readonly #gone: () => void;
  readonly #early: Buffer[] = [];
  readonly #keep = (piece: Buffer) => {
    this.#early.push(piece);
    this.#bytes += piece.length;
    if (this.#bytes > mostEarlyBytes) this.#client.pause();
  };
  #bytes = 0;

  constructor(client: Socket, gone: () => void) {
    this.#client = client;
    this.#gone = gone;
    client.on('data', this.#keep).resume();
    client.once('end', gone);
    client.once('close', gone);
    if (client.destroyed || client.readableEnded) gone(); // while the instance was reached
  }

  end(): void {
    const client = this.#client;
    client.removeListener('data', this.#keep);
    client.removeListener('end', this.#gone);
    client.removeListener('close', this.#gone);
    client.pause();
    if (this.#early.length > 0) client.unshift(Buffer.concat(this.#early));
  }
}

/** An agent with this connection and no other. */
class OneConnection extends Agent {
  readonly #socket: Socket;

  constructor(socket: Socket) {
    super({ keepAlive: false });
    this.#socket = socket;
  }

  override createConnection(): Duplex {
    return this.#socket;
  }
}

function headersIn(lines: readonly string[]): IncomingHttpHeaders {
  const headers = new Map<string, string[]>();
  for (const line of lines) {
    const colon = line.indexOf(':');
    const name = line.slice(0, colon).toLowerCase();
    headers.set(name, [...(headers.get(name) ?? []), line.slice(colon + 1).trim()]);
  }
  headers.set('connection', ['Upgrade']).set('upgrade', ['websocket']);
  return single(headers);
}

function answerHeadOf({
  statusCode = 502,
  statusMessage = '',
  rawHeaders,
  headers,
  httpVersion,
}: IncomingMessage): AnswerHead {
  const {
    connection,
    'content-length': length,
    'keep-alive': kept,
    'set-cookie': cookies,
    'transfer-encoding': coding,
  } = headers;
  const known = {
    connection,
    'content-length': length,
    'keep-alive': kept,
    'set-cookie': cookies,
    'transfer-encoding': coding,
  };
  const told = Object.fromEntries(Object.entries(known).filter(([, value]) => value !== undefined));
  return { statusCode, statusMessage, rawHeaders, headers: told, isModern: httpVersion === '1.1' };
}

/**
 * Gives an answer the head that its client is to see: `headers`, names and values by turns, and what a switch of
 * protocols, or the framing of a refusal, needs.
 */
function prepareAnswer(answer: IncomingMessage, headers: readonly string[]): void {
  const head = new Map<string, string[]>();
  for (let at = 0; at + 1 < headers.length; at += 2) {
    const name = (headers[at] ?? '').toLowerCase();
    head.set(name, [...(head.get(name) ?? []), headers[at + 1] ?? '']);
  }
  const { 'transfer-encoding': coding } = answer.headers;
  if (answer.statusCode === 101) head.set('connection', ['Upgrade']).set('upgrade', ['websocket']);
  else if (coding !== undefined) head.set('transfer-encoding', [coding]);
  answer.headers = single(head);
  answer.statusMessage = (answer.statusMessage ?? '').replace(/[^\t\x20-\x7e]/g, '?');
}

/** Names may repeat, which httpxy writes as several lines. */
function single(headers: ReadonlyMap<string, readonly string[]>): IncomingHttpHeaders {
  const entries = [...headers].map(([name, values]) => [name, values.length === 1 ? values[0] : [...values]]);
  return Object.fromEntries(entries) as IncomingHttpHeaders;
}
