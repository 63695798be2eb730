import type { AsyncDisposableStack } from '#ground/async-disposable-stack.ts';
import { messageOf } from '#ground/errors.ts';
import { type HttpReply, type HttpRequest, Routes, startHttpServer } from '#ground/http-server.ts';
import type { Log } from '#ground/log.ts';
import { type Credentials, shows } from '#vcap/credentials.ts';
import { randomId } from '#vcap/registration.ts';
import { type Found, findAppFile } from './app-files.ts';
import { rangeOf } from './byte-range.ts';

export interface FileViewerOptions {
  readonly host: string;
  /** `null` takes any. */
  readonly port: number | null;
  /** Holds a directory per instance. */
  readonly instances: string;
  readonly log: Log;
}

/** Where the files of instances can be looked at, and with what. */
export interface FileViewer {
  /** Followed by the instance's directory and a path in it. */
  readonly uri: string;
  /** User and password of HTTP Basic, new at each start. */
  readonly credentials: readonly [string, string];
}

/**
 * Shows the files of instances over HTTP: `GET /droplets/DIRECTORY/PATH`. `undo` owns it.
 * @throws ActionableError PORT_TAKEN
 */
export async function serveAppFiles(undo: AsyncDisposableStack, options: FileViewerOptions): Promise<FileViewer> {
  const { host, port, instances, log } = options;
  const credentials: Credentials = { user: randomId(), password: randomId() };
  const show = async (request: HttpRequest): Promise<HttpReply> => {
    if (!shows(request.headers.authorization, credentials)) return unauthorized;
    return replyTo(request, await findAppFile(instances, request.params['*'] ?? ''));
  };
  const server = await startHttpServer({
    host,
    port: port ?? 0,
    who: 'The file viewer of the DEA',
    routes: new Routes().on('GET', '/droplets/*', show),
    notFound: (request) => (shows(request.headers.authorization, credentials) ? notFound : unauthorized),
    failed: (error, { path }) => {
      log.error('file not shown', { path, error: messageOf(error) });
      return text(500, 'The file cannot be shown; the log of the DEA has the reason.\n');
    },
  });
  undo.use(server);
  log.debug('file viewer listens', { port: server.port });
  return { uri: `http://${host}:${server.port}/droplets/`, credentials: [credentials.user, credentials.password] };
}

const plain = { 'content-type': 'text/plain', 'x-content-type-options': 'nosniff' };
const text = (status: number, body: string): HttpReply => ({ status, headers: plain, body });
const unauthorized: HttpReply = { status: 401, headers: { 'www-authenticate': 'Basic realm=""' }, body: '' };
const notFound: HttpReply = text(404, 'Entity not found.\n');

async function replyTo(request: HttpRequest, found: Found): Promise<HttpReply> {
  switch (found.kind) {
    case 'missing':
      return notFound;
    case 'forbidden':
      return text(403, 'Not accessible\n');
    case 'listing':
      return text(200, found.text);
    case 'file':
      return replyWithFile(request, found);
  }
}

/** A file may grow meanwhile: what it had when it was opened is sent. */
async function replyWithFile(
  request: HttpRequest,
  { file, size }: Extract<Found, { kind: 'file' }>,
): Promise<HttpReply> {
  const range = rangeOf(request.headers.range, size);
  const headers = { ...plain, 'accept-ranges': 'bytes' };
  if (range === 'unsatisfiable' || size === 0) {
    await file.close();
    if (range !== 'unsatisfiable') return { status: 200, headers, body: '' };
    return { status: 416, headers: { ...headers, 'content-range': `bytes */${size}` }, body: '' };
  }
  const { start, end } = range ?? { start: 0, end: size - 1 };
  const part = range === undefined ? {} : { 'content-range': `bytes ${start}-${end}/${size}` };
  return {
    status: range === undefined ? 200 : 206,
    headers: { ...headers, ...part, 'content-length': String(end - start + 1) },
    body: file.createReadStream({ start, end }),
  };
}
