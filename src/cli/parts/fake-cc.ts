import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { ActionableError, messageOf } from '#ground/errors.ts';
import { ensureDirectory, temporaryNameFor } from '#ground/files.ts';
import { type HttpReply, type HttpRequest, Routes, startHttpServer } from '#ground/http-server.ts';
import { readMultipart } from '#ground/multipart.ts';

export interface FakeCloudController {
  readonly port: number;
  /** Opens the zip that every app is. */
  readonly openApp: () => Readable | Promise<Readable>;
  /** Where droplets are kept, as `<app>/<sha1>.tgz`. */
  readonly directory: string;
  /** Told what happens, line by line. */
  readonly say: (line: string) => void;
}

/** Bytes. */
const mostDropletBytes = 2 * 1024 ** 3;

/** An app's id becomes a directory's name. */
const safeId = /^[A-Za-z0-9_][\w.-]{0,200}$/;

/**
 * What a stager and a DEA need of a cloud controller, and nothing else: it hands out one zip for all apps, takes
 * droplets, and hands them out again. It believes everybody, and says what it is asked.
 * @returns the port it listens on @throws ActionableError PORT_TAKEN
 */
export async function startFakeCloudController(
  options: FakeCloudController,
): Promise<AsyncDisposable & { readonly port: number }> {
  const { port, openApp, say } = options;
  const routes = new Routes()
    .on('GET', '/download_unstaged_app/:id', async ({ params }) => {
      say('UNSTAGED APP BEING REQUESTED');
      say(inspect(params));
      return { status: 200, headers: { 'content-type': 'application/zip' }, body: await openApp() };
    })
    .on('POST', '/upload_droplet/:id/:upload_id', (request) => receive(request, options))
    .on('GET', '/staged_droplets/:id/:sha1', ({ params }) => handOut(params, options));
  return startHttpServer({
    host: '127.0.0.1',
    port,
    who: 'The stand-in for a cloud controller',
    flag: '--port',
    routes,
    notFound: () => ({ status: 404, body: 'There is no such path here.\n' }),
    failed: (error, { method, path }) => {
      say(`FAILED: ${method} ${path}: ${messageOf(error)}`);
      const status = error instanceof ActionableError ? 400 : 500;
      return { status, body: `${messageOf(error)}\n` };
    },
  });
}

async function receive({ params, raw }: HttpRequest, { directory, say }: FakeCloudController): Promise<HttpReply> {
  const { id = '' } = params;
  if (!safeId.test(id))
    throw new ActionableError('BAD_INPUT', `'${id}' is no id of an app.`, 'Use letters and digits.');
  say('RECEIVING DROPLET');
  say(inspect(params));
  const folder = await ensureDirectory(join(directory, id));
  const temporary = temporaryNameFor(join(folder, 'droplet'));
  try {
    let sha1: string | undefined;
    const bring = async (content: Readable) => {
      sha1 = await store(content, temporary);
    };
    await readMultipart(raw, { files: { 'upload[droplet]': bring } });
    if (sha1 === undefined) {
      const remedy = 'Send the droplet as multipart/form-data.';
      throw new ActionableError('BAD_INPUT', "The upload has no part named 'upload[droplet]'.", remedy);
    }
    const path = join(folder, `${sha1}.tgz`);
    await rename(temporary, path);
    say(`RECEIVED DROPLET: stager uploaded staged droplet ${path}`);
    say(`DROPLET TO BE HAD AT: /staged_droplets/${id}/${sha1}`);
    return { status: 200, body: '' };
  } finally {
    await rm(temporary, { force: true });
  }
}

/** @returns the SHA-1 of what was stored */
async function store(content: Readable, path: string): Promise<string> {
  const hash = createHash('sha1');
  let size = 0;
  const count = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      size += chunk.length;
      hash.update(chunk);
      if (size <= mostDropletBytes) done(null, chunk);
      else done(new ActionableError('BAD_INPUT', 'The droplet is too large.', 'Stage a smaller app.'));
    },
  });
  await pipeline(content, count, createWriteStream(path, { mode: 0o600 }));
  return hash.digest('hex');
}

async function handOut(
  { id = '', sha1 = '' }: HttpRequest['params'],
  { directory, say }: FakeCloudController,
): Promise<HttpReply> {
  const path = join(directory, id, `${sha1}.tgz`);
  const found = safeId.test(id) && /^[0-9a-f]{40}$/.test(sha1) ? await stat(path).catch(() => undefined) : undefined;
  if (found === undefined) return { status: 404, body: 'There is no such droplet here.\n' };
  say(`DROPLET BEING REQUESTED`);
  say(inspect({ id, sha1 }));
  const headers = { 'content-type': 'application/octet-stream', 'content-length': String(found.size) };
  return { status: 200, headers, body: createReadStream(path) };
}

/** As Ruby's `p` prints a map of texts. */
function inspect(texts: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(texts).map(([key, value]) => `${JSON.stringify(key)}=>${JSON.stringify(value)}`);
  return `{${pairs.join(', ')}}`;
}
