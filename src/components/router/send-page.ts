import { type ServerResponse, STATUS_CODES } from 'node:http';
import { recentLogs } from '#contract/logs.ts';
import type { Bus } from '#ground/bus.ts';
import type { Refusal } from './check-request.ts';
import type { Page } from './page.ts';

const shownLines = 20;
const shownCharacters = 500;

/** The last lines an app wrote, oldest first; none when the log does not answer at once. */
export async function lastWords(bus: Bus, app: string): Promise<string[]> {
  try {
    const { lines } = await bus.ask(recentLogs, { source_id: app, limit: 100 }, { limitMs: 300 });
    return lines
      .filter(({ source_type }) => source_type !== 'RTR') // requests of this very moment, mostly
      .slice(-shownLines)
      .map(({ text }) => readable(text));
  } catch {
    return []; // A page without the log is better than no page.
  }
}

/** Without colours and other instructions for a terminal, and not endless. */
function readable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what this removes
  const plain = text.replace(/\x1b\[[\d;?]*[ -/]*[@-~]|[\x00-\x08\x0b-\x1f\x7f]/g, '');
  return plain.length > shownCharacters ? `${plain.slice(0, shownCharacters)}…` : plain;
}

/**
 * A browser gets the page, everybody else the text.
 * @param script the tag of a script of the same origin for it @returns the bytes of its body
 */
export function sendPage(response: ServerResponse, page: Page, requestId: string, script = ''): number {
  if (response.headersSent || response.destroyed) return 0;
  const wantsMarkup = response.req.headers.accept?.includes('text/html') === true;
  const body = Buffer.from(wantsMarkup ? page.markup.replace('</body>', () => `${script}</body>`) : page.text);
  const policy = "default-src 'none'; style-src 'unsafe-inline'";
  response.writeHead(page.status, STATUS_CODES[page.status] ?? '', {
    'Content-Type': `text/${wantsMarkup ? 'html' : 'plain'}; charset=utf-8`,
    'Content-Length': body.length,
    'X-Content-Type-Options': 'nosniff',
    'Content-Security-Policy': script === '' ? policy : `${policy}; script-src 'self'; connect-src 'self'`,
    'X-Vcap-Request-Id': requestId,
    ...page.headers,
  });
  response.end(body);
  return body.length;
}

/** Answers what is not acceptable, and hangs up: nobody can say where the next request on this connection begins. */
export function sendRefusal(response: ServerResponse, refusal: Refusal): void {
  const { status } = refusal;
  response.writeHead(status, STATUS_CODES[status] ?? '', refusalHeaders(refusal));
  response.end(refusalText(refusal));
}

/** The same as a whole HTTP answer, for a connection that has left HTTP's care already. */
export function refusalAsText(refusal: Refusal): string {
  return wholeAnswer(refusal.status, refusalHeaders(refusal), refusalText(refusal));
}

/** A page for programs, as a whole HTTP answer. */
export function pageAsText({ status, headers, text }: Page, requestId: string): string {
  return wholeAnswer(status, { ...plainHeaders(text), 'X-Vcap-Request-Id': requestId, ...headers }, text);
}

function refusalText({ status, text }: Refusal): string {
  return `${status} ${STATUS_CODES[status]}: ${text}\n`;
}

function refusalHeaders(refusal: Refusal): Record<string, string> {
  const headers = plainHeaders(refusalText(refusal));
  return refusal.routerError === undefined ? headers : { ...headers, 'X-Cf-RouterError': refusal.routerError };
}

function plainHeaders(text: string): Record<string, string> {
  return {
    'Content-Type': 'text/plain; charset=utf-8',
    'Content-Length': String(Buffer.byteLength(text)),
    Connection: 'close',
  };
}

function wholeAnswer(status: number, headers: Readonly<Record<string, string>>, body: string): string {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join('')}\r\n${body}`;
}
