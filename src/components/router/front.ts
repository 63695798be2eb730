import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { messageOf } from '#ground/errors.ts';
import { listen } from '#ground/ports.ts';
import type { RouterOptions } from './options.ts';
import { refusalAsText } from './send-page.ts';
import { type Service, serveRequest, serveUpgrade } from './serve-request.ts';

/** The connections of clients. */
interface Connections {
  readonly all: Set<Socket>;
  /** Those that have left HTTP, of which the server knows nothing any more. */
  readonly loose: Set<Socket>;
}

/**
 * Listens for clients and serves them. Disposing it lets requests under way end for `drainMs`.
 * @throws ActionableError PORT_TAKEN, START_FAILED
 */
export async function openFront(
  service: Service,
  options: RouterOptions,
): Promise<AsyncDisposable & { readonly port: number }> {
  const { host, headersMs, keepAliveMs, drainMs } = options;
  const server = createServer({
    headersTimeout: headersMs,
    // The default looks every 30 s only, so a slow client would have that much more.
    connectionsCheckingInterval: Math.min(1_000, headersMs),
    requestTimeout: 0, // an upload takes as long as it takes
    keepAliveTimeout: keepAliveMs,
  });
  // Node drops headers beyond a number without a word, be they the ones that say where the body ends.
  server.maxHeadersCount = 0;
  const connections: Connections = { all: new Set(), loose: new Set() };
  server.on('connection', (socket: Socket) => {
    connections.all.add(socket);
    socket.once('close', () => connections.all.delete(socket));
  });
  serveWith(server, service, connections);
  const port = await listen(server, { host, port: options.port, who: 'The router', flag: '--port' });
  server.on('error', (error) => service.log.error('router failed', { error: messageOf(error) }));
  return { port, [Symbol.asyncDispose]: () => close(server, connections, drainMs) };
}

function serveWith(server: Server, service: Service, { loose }: Connections): void {
  const serve = (request: IncomingMessage, response: ServerResponse, expectsContinue: boolean) => {
    response.once('close', () => {
      // The server is closing, and this connection would wait for its next request.
      if (!server.listening) setImmediate(() => server.closeIdleConnections());
    });
    void serveRequest(service, request, response, expectsContinue).catch((error: unknown) => {
      service.log.error('request failed', { error: messageOf(error) });
      response.destroy();
    });
  };
  server.on('request', (request, response) => serve(request, response, false));
  server.on('checkContinue', (request, response) => serve(request, response, true));
  server.on('upgrade', (request, socket: Socket, head) => {
    loosen(socket, loose);
    void serveUpgrade(service, request, socket, head).catch((error: unknown) => {
      service.log.error('upgrade failed', { error: messageOf(error) });
      socket.destroy();
    });
  });
  server.on('connect', (_, socket: Socket) => {
    loosen(socket, loose);
    socket.end(refusalAsText({ status: 405, text: 'There are no tunnels here.' }));
  });
}

function loosen(socket: Socket, loose: Set<Socket>): void {
  loose.add(socket);
  socket.on('error', () => {}); // the client is gone, which `close` says too
  socket.once('close', () => loose.delete(socket));
}

/** Takes no more requests, ends the websockets, lets requests under way end for a moment, and cuts what is left. */
async function close(server: Server, { all, loose }: Connections, drainMs: number): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  for (const socket of all) {
    // Browsers connect ahead of their requests; to the server such a connection is busy.
    if (socket.bytesRead === 0 || loose.has(socket)) socket.destroy();
  }
  const timer = setTimeout(() => {
    for (const socket of all) socket.destroy();
  }, drainMs);
  await closed;
  clearTimeout(timer);
}
