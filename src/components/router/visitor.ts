import { randomUUID } from 'node:crypto';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { Visit } from './access-log.ts';
import type { Destination } from './check-request.ts';
import { requestHead, requestIdOf } from './headers.ts';
import type { Endpoint } from './route-table.ts';
import type { Passage } from './traffic.ts';

/** What is remembered of a request while it is served. */
export class Visitor {
  readonly destination: Destination;
  readonly headers: IncomingHttpHeaders;
  readonly requestId: string;
  /** Whether it sends its body only when it is told to. */
  readonly expectsContinue: boolean;
  /** The instance that was asked last. */
  endpoint: Endpoint | undefined;
  /** The app that was asked for, as far as it is known. */
  app: string | undefined;
  bytesSent = 0;
  /** Whether we answered, because no instance did. */
  hasPage = false;
  /** The address the request came to. */
  readonly localAddress: string;
  readonly #request: IncomingMessage;
  readonly #method: string;
  readonly #httpVersion: string;
  readonly #address: string;
  readonly #addressPort: number;
  readonly #port: number;
  readonly #at = new Date();
  readonly #startedAt = performance.now();
  #latencyMs: number | undefined;

  constructor(request: IncomingMessage, destination: Destination, expectsContinue: boolean) {
    const { remoteAddress = '', remotePort = 0, localAddress = '', localPort = 0 } = request.socket;
    this.#request = request;
    this.destination = destination;
    this.expectsContinue = expectsContinue;
    this.headers = request.headers;
    this.requestId = requestIdOf(request.headers) ?? randomUUID();
    this.#method = request.method ?? '';
    this.#httpVersion = request.httpVersion;
    this.#address = remoteAddress.replace(/^::ffff:/, ''); // an IPv4 client of a socket for both
    this.#addressPort = remotePort;
    this.#port = localPort;
    this.localAddress = localAddress.replace(/^::ffff:/, '');
  }

  /** An instance is being asked. */
  visits(endpoint: Endpoint): void {
    this.endpoint = endpoint;
    this.app = endpoint.app;
  }

  /** The head of the request as an instance gets it. */
  headFor(endpoint: Endpoint): string {
    const origin = { endpoint, requestId: this.requestId, clientAddress: this.#address, port: this.#port };
    return requestHead(this.#request, this.destination.target, origin);
  }

  /** The head of an instance's answer is here. */
  noteAnswer(): void {
    this.#latencyMs = performance.now() - this.#startedAt;
  }

  passage(status: number): Passage {
    const { app, endpoint, destination } = this;
    return { app, tags: endpoint?.tags, url: destination.host, status, latencyMs: this.#latencyMs };
  }

  /** The visit, now that it is over. */
  visit(status: number): Visit {
    const { app, endpoint, headers } = this;
    const before = headers['x-forwarded-for'];
    return {
      app,
      index: endpoint?.index,
      at: this.#at,
      host: this.destination.host,
      method: this.#method,
      target: this.destination.target,
      httpVersion: this.#httpVersion,
      status,
      bytesReceived: Number(headers['content-length'] ?? 0),
      bytesSent: this.bytesSent,
      referer: headers.referer,
      userAgent: headers['user-agent'],
      client: `${this.#address}:${this.#addressPort}`,
      endpoint: endpoint && `${endpoint.host}:${endpoint.port}`,
      forwardedFor: before === undefined ? this.#address : `${String(before)}, ${this.#address}`,
      requestId: this.requestId,
      durationMs: performance.now() - this.#startedAt,
    };
  }
}
