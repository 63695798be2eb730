import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { AnswerHead } from '../answer-head.ts';
import { clientScriptHash } from './client-script.ts';
import { allowingScript } from './content-security-policy.ts';
import { ScriptInserter } from './insert-script.ts';

/** What a page has to know to reload itself. */
export interface PageIdentity {
  /** The path of the script. */
  readonly scriptPath: string;
  /** Which version of the app it is of; empty when that is not known, `noVersion` when it is of none. */
  readonly version: string;
}

/** Of a page of the router's own: any version is to replace it. */
export const noVersion = 'none';

/** Browsers say what they want a page for, on most origins: these are windows and frames. */
const destinations = new Set(['document', 'iframe', 'frame', 'embed', 'object']);
/** They describe bytes that a page with a script no longer has, or have it kept. */
const dropped = new Set([
  'accept-ranges',
  'cache-control',
  'content-digest',
  'content-length',
  'content-md5',
  'digest',
  'etag',
  'expires',
  'last-modified',
  'pragma',
  'repr-digest',
]);
const policies = new Set(['content-security-policy', 'content-security-policy-report-only']);

/** Whether the answer to a request may be a page that somebody looks at: no upload, no part of a page, no script's question. */
export function mayBePage({ method, headers }: Pick<IncomingMessage, 'method' | 'headers'>): boolean {
  const destination = headers['sec-fetch-dest'];
  if (method !== 'GET' || headers['x-requested-with'] !== undefined || headers['hx-request'] !== undefined)
    return false;
  return destination === undefined || destinations.has(String(destination));
}

/** The script's tag. */
export function scriptTag({ scriptPath, version }: PageIdentity, nonce?: string): string {
  const attributes = `data-version="${version}"${nonce === undefined ? '' : ` nonce="${nonce}"`}`;
  return `<script src="${escaped(scriptPath)}?${clientScriptHash}" ${attributes} async></script>`;
}

/** A request for what may be a page of an app that somebody works on, and its answer with the script in it. */
export class LivePage {
  readonly #identity: PageIdentity;
  readonly #isNavigation: boolean;
  /** Of the answer, once its head is here; none for what is no page. */
  filter: ScriptInserter | undefined;

  constructor(request: Pick<IncomingMessage, 'headers'>, identity: PageIdentity) {
    const { accept = '', 'sec-fetch-dest': destination } = request.headers;
    this.#identity = identity;
    this.#isNavigation = destination !== undefined || accept.includes('text/html');
  }

  /** The head of the request, so that a page comes whole and readable. */
  requestHead(head: string): string {
    const readable = head.replace(/^accept-encoding:.*\r\n/gim, '');
    return this.#isNavigation
      ? readable.replace(/^(?:if-none-match|if-modified-since|range|if-range):.*\r\n/gim, '')
      : readable;
  }

  /** @param headers of the client's answer, names and values by turns @returns what they are with the script */
  answerHeaders(head: AnswerHead, headers: string[]): string[] {
    if (!isWholePage(head.statusCode, headers)) return headers;
    const nonce = randomBytes(12).toString('base64url');
    const hasPolicy = headers.some((name, at) => at % 2 === 0 && policies.has(name.toLowerCase()));
    this.filter = new ScriptInserter(scriptTag(this.#identity, hasPolicy ? nonce : undefined));
    const kept: string[] = [];
    for (let at = 0; at + 1 < headers.length; at += 2) {
      const [name = '', value = ''] = headers.slice(at, at + 2);
      if (policies.has(name.toLowerCase())) kept.push(name, allowingScript(value, nonce));
      else if (!dropped.has(name.toLowerCase())) kept.push(name, value);
    }
    const { 'content-length': length } = head.headers;
    if (length !== undefined) kept.push('Content-Length', String(Number(length) + this.filter.length));
    kept.push('Cache-Control', 'no-store');
    return kept;
  }
}

/** Whether these are the headers of HTML that can be added to. */
function isWholePage(status: number, headers: readonly string[]): boolean {
  const value = (wanted: string) => {
    const at = headers.findIndex((name, index) => index % 2 === 0 && name.toLowerCase() === wanted);
    return at < 0 ? undefined : headers[at + 1]?.trim().toLowerCase();
  };
  if (status < 200 || status === 204 || status === 205 || status === 206 || status === 304) return false;
  if (status < 400 && status >= 300 && value('location') !== undefined) return false;
  const type = value('content-type');
  const isHtml =
    type !== undefined && /^text\/html\s*(?:;|$)/.test(type) && !/charset\s*=\s*"?utf-?(?:16|32)/.test(type);
  const coding = value('content-encoding');
  const isAttachment = value('content-disposition')?.startsWith('attachment') === true;
  return isHtml && !isAttachment && (coding === undefined || coding === '' || coding === 'identity');
}

function escaped(text: string): string {
  return text.replace(/["&<>]/g, (char) => `&#${char.charCodeAt(0)};`);
}
