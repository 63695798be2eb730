import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { AnswerHead } from './answer-head.ts';
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

/** What the router says itself: by these names an app knows whom it can believe. */
const ours = new Set([
  'x-forwarded-for',
  'x-forwarded-proto',
  'x-forwarded-host',
  'x-forwarded-port',
  'x-vcap-request-id',
  'x-cf-applicationid',
  'x-cf-instanceid',
  'x-cf-instanceindex',
]);

/**
 * The request line and headers of the app's request, each with its line end, spelled and repeated as the client did, but
 * for what concerns the connection. Headers that would let a client pose as the router are written anew.
 * @param target path and query, or `*`
 */
export function requestHead(request: RequestHead, target: string, origin: Origin): string {
  const { method, rawHeaders, headers } = request;
  const named = namesIn(headers.connection);
  let head = `${method} ${target} HTTP/1.1\r\n`;
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const spelled = rawHeaders[at] ?? '';
    if (isAsked(spelled.toLowerCase(), named)) head += `${spelled}: ${rawHeaders[at + 1]}\r\n`;
  }
  if (headers['transfer-encoding'] !== undefined) {
    head += 'Transfer-Encoding: chunked\r\n';
    if (headers.trailer !== undefined) head += `Trailer: ${headers.trailer}\r\n`;
  }
  const before = headers['x-forwarded-for'];
  const { app, index, privateInstanceId } = origin.endpoint;
  head += `X-Forwarded-For: ${before === undefined ? '' : `${before}, `}${origin.clientAddress}\r\n`;
  head += `X-Forwarded-Proto: http\r\nX-Forwarded-Host: ${headers.host}\r\nX-Forwarded-Port: ${origin.port}\r\n`;
  head += `X-Vcap-Request-Id: ${origin.requestId}\r\n`;
  if (app !== undefined) head += `X-Cf-ApplicationId: ${app}\r\n`;
  if (privateInstanceId !== undefined) head += `X-Cf-InstanceId: ${privateInstanceId}\r\n`;
  if (index !== undefined) head += `X-Cf-InstanceIndex: ${index}\r\n`;
  return head;
}

type RequestHead = Pick<IncomingMessage, 'method' | 'rawHeaders' | 'headers'>;

/** Whether a header of the client is meant for the app. @param name in lower case */
function isAsked(name: string, named: ReadonlySet<string> | undefined): boolean {
  if (hopByHop.has(name) || isTakenAway(name, named)) return false;
  // To programs that get headers as variables `X_Forwarded_For` is the same.
  return !ours.has(name.includes('_') ? name.replaceAll('_', '-') : name);
}

/** The headers of early news for the client, names and values by turns. Nothing in them can speak of a body. */
export function newsHeaders({ rawHeaders, headers }: AnswerHead): string[] {
  const named = namesIn(headers.connection);
  const kept: string[] = [];
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const spelled = rawHeaders[at] ?? '';
    const name = spelled.toLowerCase();
    if (hopByHop.has(name) || name === 'content-length' || named?.has(name) === true) continue;
    kept.push(spelled, rawHeaders[at + 1] ?? '');
  }
  return kept;
}

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
