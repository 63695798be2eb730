import { request } from 'node:http';
import { connect } from 'node:net';
import { messageOf, systemCodeOf } from '#ground/errors.ts';

/** What is asked, and where. */
export interface Check {
  readonly host: string;
  readonly port: string;
  /** A page that must answer with 200; somebody must listen, and no more, where it is empty. */
  readonly uri: string;
  readonly timeoutMs: number;
}

/** Why an app is not well, with the exit code of the original for it. */
export interface Unwell {
  readonly code: number;
  readonly message: string;
}

const codes = {
  tcp: { refused: 4, late: 64 },
  http: { refused: 5, late: 65, status: 6 },
} as const;

/** Go follows so many. */
const maxRedirects = 10;

/** Asks once. @returns undefined when all is well */
export function checkApp(check: Check): Promise<Unwell | undefined> {
  return check.uri === '' ? checkPort(check) : checkPage(check);
}

async function checkPort({ host, port, timeoutMs }: Check): Promise<Unwell | undefined> {
  const address = `${host}:${port}`;
  const failed = (code: number, reason: string) => ({
    code,
    message: `failed to make TCP connection to ${address}: ${reason}`,
  });
  if (!isPort(port)) return failed(codes.tcp.refused, `dial tcp: address ${port}: invalid port`);
  return new Promise((resolve) => {
    const socket = connect({ host, port: Number(port) });
    const end = (outcome: Unwell | undefined) => {
      clearTimeout(limit);
      socket.destroy();
      resolve(outcome);
    };
    const limit = setTimeout(() => end(failed(codes.tcp.late, lateText(timeoutMs))), timeoutMs);
    socket.once('connect', () => end(undefined));
    socket.once('error', (error) => end(failed(codes.tcp.refused, `dial tcp ${address}: connect: ${reasonOf(error)}`)));
  });
}

async function checkPage(check: Check): Promise<Unwell | undefined> {
  const { host, port, uri, timeoutMs } = check;
  const startedAt = performance.now();
  const failed = (code: number, reason: string) => ({
    code,
    message: `failed to make HTTP request to '${uri}' on port ${port}: ${reason}`,
  });
  const signal = AbortSignal.timeout(timeoutMs);
  try {
    const status = await statusOf(new URL(`http://${host}:${port}${uri.startsWith('/') ? '' : '/'}${uri}`), signal);
    if (status === 200) return undefined;
    const took = Math.round(performance.now() - startedAt);
    return failed(codes.http.status, `received status code ${status} in ${took}ms`);
  } catch (error) {
    return signal.aborted ? failed(codes.http.late, lateText(timeoutMs)) : failed(codes.http.refused, reasonOf(error));
  }
}

/** Follows redirects, and tells each page which one led to it, as browsers do. */
async function statusOf(address: URL, signal: AbortSignal): Promise<number> {
  let url = address;
  let referer: string | undefined;
  for (let redirects = 0; ; redirects += 1) {
    const { status, location } = await ask(url, referer, signal);
    if (location === undefined || ![301, 302, 303, 307, 308].includes(status)) return status;
    if (redirects === maxRedirects) throw new Error(`stopped after ${maxRedirects} redirects`);
    referer = url.href;
    url = new URL(location, url);
    if (url.protocol !== 'http:') throw new Error(`the redirect to ${url.href} leads away`);
  }
}

function ask(url: URL, referer: string | undefined, signal: AbortSignal) {
  const headers = {
    host: url.host,
    'user-agent': 'diego-healthcheck',
    ...(referer === undefined ? {} : { referer }),
    'x-forwarded-proto': 'https',
    'accept-encoding': 'gzip',
  };
  return new Promise<{ status: number; location: string | undefined }>((resolve, reject) => {
    const asked = request(url, { headers, agent: false, signal, setHost: false });
    asked.once('error', reject);
    asked.once('response', (response) => {
      resolve({ status: response.statusCode ?? 0, location: response.headers.location });
      response.on('error', () => {});
      asked.destroy();
    });
    asked.end();
  });
}

const reasons: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection reset by peer',
  EHOSTUNREACH: 'no route to host',
  ENETUNREACH: 'network is unreachable',
};

function reasonOf(error: unknown): string {
  return reasons[systemCodeOf(error) ?? ''] ?? messageOf(error);
}

function lateText(timeoutMs: number): string {
  return `timed out after ${(timeoutMs / 1_000).toFixed(2)} seconds`;
}

function isPort(text: string): boolean {
  return /^\d{1,5}$/.test(text) && Number(text) <= 65_535;
}
