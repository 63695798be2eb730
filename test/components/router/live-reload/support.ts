import type { AppState } from '#contract/apps.ts';
import type { Scope } from '../../../support/spec.ts';
import { answerWith, openRouter, publishState, register, type TestRouter } from '../support.ts';

export const app = 'guid-hello';
export const host = 'hello.localhost';
export const watched: Partial<AppState> = { live_reload: true, version: 'v-1' };
export const tag = /<script src="\/\.localpaas\/live-reload\.js\?[\da-f]{12}" data-version="v-1" async><\/script>/;
export const page = '<html><body>hello</body></html>';

/** A router, and an app behind it that somebody works on. */
export async function open(scope: Scope, appPort: number, more: Partial<AppState> = {}): Promise<TestRouter> {
  const router = await openRouter(scope);
  await register(router.bus, appPort, [host], { app });
  await publishState(router.bus, 'RUNNING', { ...watched, ...more });
  return router;
}

/** An app that answers everything with these bytes. */
export async function openWith(scope: Scope, bytes: string | Buffer): Promise<TestRouter> {
  return open(scope, await answerWith(scope, bytes));
}

export const get = (more = '', version = '1.1') =>
  `GET / HTTP/${version}\r\nHost: ${host}\r\nConnection: close\r\n${more}\r\n`;

export interface Told {
  readonly status: string;
  readonly headers: readonly string[];
  readonly body: string;
}

/** An answer in its parts; a chunked body is put together. */
export function partsOf(answer: string): Told {
  const end = answer.indexOf('\r\n\r\n');
  const [status = '', ...headers] = answer.slice(0, end).split('\r\n');
  const raw = answer.slice(end + 4);
  if (!headers.includes('Transfer-Encoding: chunked')) return { status, headers, body: raw };
  let body = '';
  for (let at = 0; at < raw.length; ) {
    const lineEnd = raw.indexOf('\r\n', at);
    const size = Number.parseInt(raw.slice(at, lineEnd), 16);
    body += raw.slice(lineEnd + 2, lineEnd + 2 + size);
    at = lineEnd + 4 + size;
  }
  return { status, headers, body };
}

export const htmlOf = (body: string, headers = '') =>
  `HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: ${Buffer.byteLength(body)}\r\n${headers}\r\n${body}`;
