/** The head of an instance's answer. */
export interface AnswerHead {
  /** 100 to 999. */
  readonly statusCode: number;
  readonly statusMessage: string;
  /** Names and values by turns, spelled and repeated as they came. */
  readonly rawHeaders: readonly string[];
  /** Those that decide something here. */
  readonly headers: KnownHeaders;
  /** Whether it is of HTTP/1.1, so that its connection stays unless it says otherwise. */
  readonly isModern: boolean;
}

interface KnownHeaders {
  connection?: string;
  'content-length'?: string;
  'keep-alive'?: string;
  'set-cookie'?: string[];
  'transfer-encoding'?: string;
}

/** How the end of an answer is known: by a number of bytes, by its chunks, or by the end of the connection. */
export type Framing = number | 'chunked' | 'until-closed';

/** Something came that is no answer. The message is for whoever has the app repaired. */
export class NotHttp extends Error {}

const value = String.raw`[\t\x20-\x7e\x80-\xff]*`;
const field = String.raw`[!#$%&'*+.^_\x60|~\w-]+:${value}\r\n`;
const wholeHead = new RegExp(String.raw`^HTTP\/1\.([01]) ([1-9]\d\d)(?: (${value}))?\r\n((?:${field})*)\r\n$`);
const wholeTrailers = new RegExp(`^(?:${field})*\r\n$`);

/** @param text from the first byte to the empty line, as Latin-1 @throws NotHttp */
export function readHead(text: string): AnswerHead {
  const parts = wholeHead.exec(text);
  if (parts === null) throw new NotHttp(complaintAbout(text));
  const [, minor, status, statusMessage = '', fields = ''] = parts;
  const rawHeaders: string[] = [];
  const headers: KnownHeaders = {};
  eachField(fields, (name, content) => {
    rawHeaders.push(name, content);
    note(headers, name, content);
  });
  return { statusCode: Number(status), statusMessage, rawHeaders, headers, isModern: minor === '1' };
}

/** @param text up to the empty line @returns names and values by turns @throws NotHttp */
export function readTrailers(text: string): string[] {
  if (text === '\r\n') return [];
  if (!wholeTrailers.test(text)) throw new NotHttp('its trailers are malformed');
  const trailers: string[] = [];
  eachField(text.slice(0, -2), (name, content) => trailers.push(name, content));
  return trailers;
}

/**
 * Where the body of an answer ends (RFC 9112, 6.3). What could be read in two ways is no answer.
 * @throws NotHttp
 */
export function framingOf({ statusCode, headers, isModern }: AnswerHead, isToHead: boolean): Framing {
  const { 'content-length': length, 'transfer-encoding': coding } = headers;
  if (coding !== undefined) {
    if (length !== undefined) throw new NotHttp('it has both a Content-Length and a Transfer-Encoding');
    if (!isModern || coding.toLowerCase() !== 'chunked') {
      throw new NotHttp(`its Transfer-Encoding is '${coding}', of which only 'chunked' in HTTP/1.1 is known here`);
    }
  }
  if (length !== undefined && !/^\d{1,15}$/.test(length)) throw new NotHttp(`its Content-Length is '${length}'`);
  if (isToHead || statusCode === 204 || statusCode === 304) return 0;
  if (coding !== undefined) return 'chunked';
  return length === undefined ? 'until-closed' : Number(length);
}

function eachField(fields: string, take: (name: string, content: string) => void): void {
  for (let at = 0; at < fields.length; ) {
    const colon = fields.indexOf(':', at);
    const end = fields.indexOf('\r\n', colon);
    take(fields.slice(at, colon), trimmed(fields, colon + 1, end));
    at = end + 2;
  }
}

/** Without the blanks and tabs around it; `trim` would take letters of Latin-1, too. */
function trimmed(text: string, from: number, to: number): string {
  let [start, end] = [from, to];
  while (start < end && isBlank(text.charCodeAt(start))) start += 1;
  while (end > start && isBlank(text.charCodeAt(end - 1))) end -= 1;
  return text.slice(start, end);
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09;
}

function note(headers: KnownHeaders, spelled: string, content: string): void {
  switch (spelled.length) {
    case 10: // connection, set-cookie, keep-alive
    case 14: // content-length
    case 17: // transfer-encoding
      put(headers, spelled.toLowerCase(), content);
  }
}

function put(headers: KnownHeaders, name: string, content: string): void {
  switch (name) {
    case 'set-cookie':
      headers[name] ??= [];
      headers[name].push(content);
      return;
    case 'content-length':
      if (headers[name] !== undefined) throw new NotHttp('it has two Content-Lengths');
      headers[name] = content;
      return;
    case 'connection':
    case 'keep-alive':
    case 'transfer-encoding':
      headers[name] = headers[name] === undefined ? content : `${headers[name]}, ${content}`;
  }
}

function complaintAbout(text: string): string {
  const line = text.slice(0, text.indexOf('\r\n'));
  if (!/^HTTP\/1\.[01] /.test(line)) return 'it does not begin with HTTP/1.1 or HTTP/1.0 and a status';
  if (!new RegExp(String.raw`^HTTP\/1\.[01] [1-9]\d\d(?: ${value})?$`).test(line))
    return 'its status line is malformed';
  return 'one of its headers is malformed';
}
