import type { IncomingHttpHeaders, IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import type { Endpoint } from './route-table.ts';

/** They concern one connection, not the request; what `Connection` names comes on top. */
const hopByHop = new Set([
  'connection',
  'expect', // the transport asks for itself
  'http2-settings',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer', // kept where there are trailers
  'transfer-encoding', // the transport writes its own
  'upgrade',
]);

/** Without these the request or its end would mean something else, so `Connection` cannot take them away. */
const lasting = new Set(['host', 'content-length']);

/** What the router knows about a request and tells the app. */
export interface Origin {
  readonly endpoint: Endpoint;
  readonly requestId: string;
  /** Address of the client, and the port it came to. */
  readonly clientAddress: string;
  readonly port: number;
}

/** The headers of the app's request, in lower case. Ones that would let a client pose as the router are written anew. */
export function requestHeaders(original: IncomingHttpHeaders, origin: Origin): OutgoingHttpHeaders {
  const named = namesIn(original.connection);
  const headers: OutgoingHttpHeaders = {};
  for (const [name, value] of Object.entries(original)) {
    if (!hopByHop.has(name) && !isTakenAway(name, named)) headers[name] = value;
  }
  const chunked = original['transfer-encoding'] !== undefined;
  if (chunked) headers['transfer-encoding'] = 'chunked';
  if (chunked && original.trailer !== undefined) headers['trailer'] = original.trailer;
  headers['x-forwarded-for'] = appended(original['x-forwarded-for'], origin.clientAddress);
  headers['x-forwarded-proto'] = 'http';
  headers['x-forwarded-host'] = original.host;
  headers['x-forwarded-port'] = String(origin.port);
  headers['x-vcap-request-id'] = origin.requestId;
  const { app, index, privateInstanceId } = origin.endpoint;
  put(headers, 'x-cf-applicationid', app);
  put(headers, 'x-cf-instanceid', privateInstanceId);
  put(headers, 'x-cf-instanceindex', index);
  return headers;
}

/** The headers of an app's websocket request: the same, and the two that ask for it. */
export function upgradeHeaders(original: IncomingHttpHeaders, origin: Origin): OutgoingHttpHeaders {
  return { ...requestHeaders(original, origin), connection: 'Upgrade', upgrade: 'websocket' };
}

/** An app's answer, as far as its head goes. */
export type AnswerHead = Pick<IncomingMessage, 'rawHeaders' | 'headers' | 'statusCode'>;

/**
 * The headers of the client's answer, names and values by turns, spelled and repeated as the app did.
 * @param cookie one more to set
 */
export function answerHeaders(head: AnswerHead, requestId: string, cookie: string | undefined): string[] {
  const named = namesIn(head.headers.connection);
  const kept: string[] = [];
  for (let at = 0; at + 1 < head.rawHeaders.length; at += 2) {
    const spelled = head.rawHeaders[at] ?? '';
    const name = spelled.toLowerCase();
    if (isAnswered(name, head) && !isTakenAway(name, named)) kept.push(spelled, head.rawHeaders[at + 1] ?? '');
  }
  kept.push('X-Vcap-Request-Id', requestId);
  if (cookie !== undefined) kept.push('Set-Cookie', cookie);
  return kept;
}

/** Whether a header of the app's answer is meant for the client. */
function isAnswered(name: string, { statusCode, headers }: AnswerHead): boolean {
  if (name === 'trailer') return headers['transfer-encoding'] !== undefined;
  if (name === 'content-length') return statusCode !== 204;
  return name !== 'x-vcap-request-id' && !hopByHop.has(name);
}

/** The client's id for a request when it is one, so that a trace can span several systems. */
export function requestIdOf(headers: IncomingHttpHeaders): string | undefined {
  const given = headers['x-vcap-request-id'];
  return typeof given === 'string' && /^[\w.:-]{1,128}$/.test(given) ? given : undefined;
}

function namesIn(connection: string | undefined): ReadonlySet<string> | undefined {
  if (connection === undefined) return undefined;
  const names = connection
    .toLowerCase()
    .split(',')
    .map((name) => name.trim());
  return new Set(names);
}

function isTakenAway(name: string, named: ReadonlySet<string> | undefined): boolean {
  return named?.has(name) === true && !lasting.has(name);
}

function appended(list: string | string[] | undefined, address: string): string {
  const before = Array.isArray(list) ? list.join(', ') : (list ?? '');
  return before === '' ? address : `${before}, ${address}`;
}

function put(headers: OutgoingHttpHeaders, name: string, value: string | undefined): void {
  if (value === undefined) delete headers[name];
  else headers[name] = value;
}
