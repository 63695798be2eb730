import { randomBytes } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { readableSize } from '#ground/bytes.ts';
import { ActionableError } from '#ground/errors.ts';
import { call, type HttpAnswer } from '#ground/http-client.ts';

/** Larger forms are sent when the server wants them; curl does it from this size on, and waits so long for the word. */
const askFirstBytes = 1024 * 1024;
const askFirstMs = 1_000;
/** Read and written at once: each call of the system waits for a thread. */
const pieceBytes = 512 * 1024;

/**
 * Fetches an app's zip. `user:password@` in the address becomes HTTP Basic; redirects are not followed.
 * @throws ActionableError API_REFUSED, BAD_INPUT; the system's error when nobody answers
 */
export async function downloadApp(
  address: string,
  path: string,
  { maxBytes, signal }: { maxBytes: number; signal: AbortSignal },
): Promise<void> {
  const answer = await call(checked(address), { headers: { accept: '*/*' }, signal });
  refuseUnlessGood(answer, address);
  const file = createWriteStream(path, { flags: 'wx', mode: 0o600, highWaterMark: pieceBytes });
  await pipeline(answer.stream, atMost(maxBytes), file, { signal });
}

/**
 * Sends a droplet as the one part `upload[droplet]` of a form.
 * @throws ActionableError API_REFUSED, BAD_INPUT; the system's error when nobody answers
 */
export async function uploadDroplet(address: string, path: string, signal: AbortSignal): Promise<void> {
  const boundary = `localpaas-${randomBytes(16).toString('hex')}`;
  const head = Buffer.from(
    `--${boundary}\r\nContent-Disposition: form-data; name="upload[droplet]"; filename="droplet.tgz"\r\n` +
      'Content-Type: application/octet-stream\r\n\r\n',
  );
  const tail = Buffer.from(`\r\n--${boundary}--\r\n`);
  const { size } = await stat(path);
  const length = head.length + size + tail.length;
  const body = Readable.from(form(head, path, tail), { objectMode: false });
  try {
    const answer = await call(checked(address), {
      method: 'POST',
      headers: {
        accept: '*/*',
        'content-length': String(length),
        'content-type': `multipart/form-data; boundary=${boundary}`,
      },
      body,
      signal,
      ...(length > askFirstBytes ? { askFirstMs } : {}),
    });
    refuseUnlessGood(answer, address);
    answer.discard();
  } finally {
    body.destroy();
  }
}

async function* form(head: Uint8Array, path: string, tail: Uint8Array): AsyncGenerator<Uint8Array> {
  yield head;
  yield* createReadStream(path, { highWaterMark: pieceBytes });
  yield tail;
}

function checked(address: string): string {
  if (URL.canParse(address) && /^https?:$/.test(new URL(address).protocol)) return address;
  throw new ActionableError(
    'BAD_INPUT',
    'The address in the request is not one of http or https.',
    'Name one that begins with http:// or https://.',
  );
}

function refuseUnlessGood({ status, stream }: HttpAnswer, address: string): void {
  if (status >= 200 && status < 300) return;
  stream.destroy();
  const what = `${new URL(address).host} answered ${status} ${stream.statusMessage ?? ''}`.trimEnd();
  const isRedirect = status >= 300 && status < 400;
  throw new ActionableError(
    'API_REFUSED',
    isRedirect ? `${what}, and redirects are not followed.` : `${what}.`,
    isRedirect ? 'Name the final address in the request.' : 'Check the address and the credentials in the request.',
  );
}

function atMost(maxBytes: number): Transform {
  let bytes = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length;
      if (bytes <= maxBytes) return done(null, chunk);
      const what = `The app's zip is larger than the ${readableSize(maxBytes)} that are allowed.`;
      done(new ActionableError('BAD_INPUT', what, 'Leave out what the app does not need to run.'));
    },
  });
}
