import { createServer, type IncomingHttpHeaders, type RequestListener, request, type Server } from 'node:http';
import { connect, createServer as createTcpServer, type Socket, type Server as TcpServer } from 'node:net';
import * as v from 'valibot';
import { RouterOptions, startRouter } from '#components/router/index.ts';
import { type AppState, appState } from '#contract/apps.ts';
import { type RouteMessage, routerGreet, routerRegister } from '#contract/routes.ts';
import type { Bus } from '#ground/bus.ts';
import { createLog, type LogEntry } from '#ground/log.ts';
import { waitFor } from '#ground/wait.ts';
import { connectBus, startBus, type TestBus } from '../../support/bus.ts';
import type { Scope } from '../../support/spec.ts';

export interface TestRouter extends TestBus {
  readonly port: number;
  /** What the router logged, oldest first. */
  readonly logged: readonly LogEntry[];
}

/** A router on a free port and a bus of its own. */
export async function openRouter(
  scope: Scope,
  options: Partial<v.InferInput<typeof RouterOptions>> = {},
): Promise<TestRouter> {
  const testBus = await startBus(scope);
  const logged: LogEntry[] = [];
  const context = {
    bus: await connectBus(scope, testBus.address),
    log: createLog((entry) => logged.push(entry)),
    dataDir: '/nowhere', // the router keeps nothing on disk
    signal: new AbortController().signal,
  };
  const { port } = scope.use(await startRouter(context, v.parse(RouterOptions, { port: 0, ...options })));
  return { ...testBus, port, logged };
}

/** Resolves when the router has taken in all that was published on this connection before. */
export async function understood(bus: Bus): Promise<void> {
  await bus.ask(routerGreet, null, { limitMs: 15_000 });
}

/** Registers what listens on `port`, and waits until the router knows it. */
export async function register(
  bus: Bus,
  port: number,
  uris: string[],
  more: Partial<RouteMessage> = {},
): Promise<RouteMessage> {
  const message: RouteMessage = { host: '127.0.0.1', port, uris, ...more };
  bus.publish(routerRegister, message);
  await understood(bus);
  return message;
}

/** Tells the router what has become of an app, and waits until it knows. */
export async function publishState(bus: Bus, state: AppState['state'], more: Partial<AppState> = {}): Promise<void> {
  bus.publish(appState, { app: 'guid-hello', name: 'hello', uris: ['hello.localhost'], state, ...more });
  await understood(bus);
}

/** An app. @returns its port */
export async function serveApp(scope: Scope, listener: RequestListener): Promise<number> {
  const server = createServer(listener);
  return portOf(scope, server);
}

/** An app that speaks bytes. @returns its port */
export async function serveBytes(scope: Scope, accept: (socket: Socket) => void): Promise<number> {
  const server = createTcpServer({ noDelay: true }, (socket) => {
    socket.on('error', () => {}); // the other side may leave as it likes
    accept(socket);
  });
  return portOf(scope, server);
}

/** An app that answers each request with these bytes and hangs up. */
export function answerWith(scope: Scope, bytes: string | Buffer): Promise<number> {
  return serveBytes(scope, (socket) => {
    socket.once('data', () => socket.end(bytes));
  });
}

export async function portOf(scope: Scope, server: Server | TcpServer, wanted = 0): Promise<number> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(wanted, '127.0.0.1', resolve);
  });
  scope.defer(async () => {
    const closed = new Promise((resolve) => server.close(resolve));
    for (const socket of sockets) socket.destroy();
    await closed;
  });
  return (server.address() as { port: number }).port; // an object for a server on a port
}

/** A port that nobody listens on. */
export async function closedPort(): Promise<number> {
  const server = createTcpServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number }; // an object for a server on a port
  await new Promise((resolve) => server.close(resolve));
  return port;
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** One request on a connection of its own. Rejects when the answer is cut off. */
export function ask(
  port: number,
  host: string,
  { path = '/', method = 'GET', headers = {}, body = '' }: AskOptions = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const outgoing = request({ port, host: '127.0.0.1', path, method, agent: false, headers: { host, ...headers } });
    outgoing.once('error', reject);
    outgoing.once('response', (answer) => {
      const pieces: Buffer[] = [];
      answer.on('data', (piece: Buffer) => pieces.push(piece));
      answer.once('error', reject);
      answer.once('end', () =>
        resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: Buffer.concat(pieces).toString() }),
      );
    });
    outgoing.end(body);
  });
}

interface AskOptions {
  readonly path?: string;
  readonly method?: string;
  readonly headers?: Record<string, string | string[]>;
  readonly body?: string | Buffer;
}

/** A connection on which bytes are spoken. */
export class Wire {
  readonly socket: Socket;
  #received = '';

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.setEncoding('latin1');
    socket.on('data', (text: string) => {
      this.#received += text;
    });
    socket.on('error', () => {}); // a reset is one way to be hung up on
  }

  static async to(scope: Scope, port: number): Promise<Wire> {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    scope.defer(() => socket.destroy());
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve);
      socket.once('error', reject);
    });
    return new Wire(socket);
  }

  get received(): string {
    return this.#received;
  }

  /** @param lines each without its line end; they make a head, which an empty line follows */
  head(...lines: string[]): this {
    this.socket.write(`${lines.join('\r\n')}\r\n\r\n`);
    return this;
  }

  write(bytes: string): this {
    this.socket.write(bytes, 'latin1');
    return this;
  }

  /** All that was received, once `pattern` occurs in it. */
  until(pattern: RegExp, limitMs = 15_000): Promise<string> {
    const what = `${pattern} in ${JSON.stringify(this.#received.slice(-500))}`;
    return waitFor(what, () => (pattern.test(this.#received) ? this.#received : undefined), { limitMs, everyMs: 2 });
  }

  /** All that was received, once the other side has hung up. */
  async closed(limitMs = 15_000): Promise<string> {
    await waitFor(
      'the connection to be closed',
      () => this.socket.readableEnded || this.socket.destroyed || undefined,
      {
        limitMs,
        everyMs: 2,
      },
    );
    return this.#received;
  }
}

/** The answer to one request, which is written as it stands and has to say `Connection: close`. */
export async function talk(scope: Scope, port: number, bytes: string): Promise<string> {
  const wire = await Wire.to(scope, port);
  return wire.write(bytes).closed();
}
