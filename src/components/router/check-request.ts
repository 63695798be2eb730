import type { IncomingMessage } from 'node:http';

/** Where a request wants to go. */
export interface Destination {
  /** The Host header as it came. */
  readonly host: string;
  /** Path and query, or `*`. */
  readonly target: string;
}

/** Why a request goes nowhere. */
export interface Refusal {
  readonly status: number;
  readonly text: string;
  /** For `X-Cf-RouterError`, where gorouter has a word for it. */
  readonly routerError?: string;
}

/**
 * What the parser lets pass and a proxy must not: requests that two servers could read as going to different places,
 * or as ending at different points.
 */
export function checkRequest(request: IncomingMessage): Destination | Refusal {
  const encoding = request.headers['transfer-encoding'];
  if (encoding !== undefined) {
    if (request.httpVersion === '1.0') return bad('HTTP/1.0 knows no Transfer-Encoding.');
    if (encoding.trim().toLowerCase() !== 'chunked') {
      return { status: 501, text: `Only the transfer coding 'chunked' is known here.` };
    }
  }
  if (hostCount(request.rawHeaders) > 1) return bad('There are two Host headers.');
  const host = request.headers.host ?? '';
  if (host === '') return { status: 400, text: 'The Host header is missing or empty.', routerError: 'empty_host' };
  if (!isHost(host)) return bad('The Host header is not a host.');
  const target = originForm(request.url ?? '', host);
  return target === undefined ? bad('The request names two different hosts.') : { host, target };
}

/** A request to leave HTTP: only for a websocket, and never with a body, which would run into what comes after. */
export function checkUpgrade(request: IncomingMessage): Destination | Refusal {
  const { headers, method } = request;
  if (method !== 'GET' || headers.upgrade?.trim().toLowerCase() !== 'websocket') {
    return bad('Only a GET request can be upgraded here, and only to a websocket; ask again without `Upgrade`.');
  }
  if (headers['transfer-encoding'] !== undefined || !isZero(headers['content-length'])) {
    return bad('A request for a websocket has no body.');
  }
  return checkRequest(request);
}

export function isRefusal(checked: Destination | Refusal): checked is Refusal {
  return 'status' in checked;
}

/** Whether the request, body included, can be sent again without being kept, and does no harm when it arrives twice. */
export function isRepeatable({ method, headers }: IncomingMessage): boolean {
  return idempotent.has(method ?? '') && !hasBody(headers);
}

const idempotent = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE', 'TRACE']);

export function hasBody(headers: IncomingMessage['headers']): boolean {
  return headers['transfer-encoding'] !== undefined || !isZero(headers['content-length']);
}

function isZero(contentLength: string | undefined): boolean {
  return contentLength === undefined || /^0+$/.test(contentLength);
}

function bad(text: string): Refusal {
  return { status: 400, text };
}

function hostCount(rawHeaders: readonly string[]): number {
  let count = 0;
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] ?? '';
    if (name.length === 4 && name.toLowerCase() === 'host') count += 1;
  }
  return count;
}

/** A name or an address with an optional port. */
function isHost(text: string): boolean {
  return text.length <= 255 && /^([\w.-]+|\[[\da-f:.]+\])(:\d{1,5})?$/i.test(text);
}

/** Path and query of a request's target, or `undefined` when it names another host than the header. */
function originForm(url: string, host: string): string | undefined {
  if (url.startsWith('/') || url === '*') return url;
  const absolute = /^https?:\/\/([^/?#]*)([^#]*)/i.exec(url);
  if (absolute === null || absolute[1]?.toLowerCase() !== host.toLowerCase()) return undefined;
  const rest = absolute[2] ?? '';
  return rest.startsWith('/') ? rest : `/${rest}`;
}
