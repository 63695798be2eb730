import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { ActionableError, explainDiskError, messageOf } from '#ground/errors.ts';
import { temporaryNameFor } from '#ground/files.ts';
import { call } from '#ground/http-client.ts';

/** Read and written at once: each call of the system waits for a thread. */
const pieceBytes = 512 * 1024;

/**
 * Downloads a droplet to `path`. It stands there only when it is whole, and has the SHA-1 it should have.
 * @param sha1 compared when it looks like one: in 2012 it was no more than a name
 * @throws ActionableError START_FAILED, DISK_FULL
 */
export async function fetchDroplet(uri: string, sha1: string, path: string, signal: AbortSignal): Promise<void> {
  const temporary = temporaryNameFor(path);
  try {
    const found = await download(uri, temporary, signal);
    checkSha1(found, sha1, publicPartOf(uri));
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

/** @throws ActionableError START_FAILED when the file is not what `sha1` says */
export async function verifyDroplet(path: string, sha1: string): Promise<void> {
  if (!isSha1(sha1)) return;
  const hash = createHash('sha1');
  await pipeline(createReadStream(path, { highWaterMark: pieceBytes }), hash);
  checkSha1(hash.digest('hex'), sha1, path);
}

/** @returns the SHA-1 of what came */
async function download(uri: string, path: string, signal: AbortSignal): Promise<string> {
  const answer = await call(uri, { signal }).catch((cause: unknown) => {
    throw noDroplet(`${publicPartOf(uri)} cannot be reached: ${messageOf(cause)}`, cause);
  });
  if (answer.status !== 200) {
    answer.discard();
    throw noDroplet(`${publicPartOf(uri)} answered ${answer.status}`);
  }
  const hash = createHash('sha1');
  const hashing = new Transform({
    transform(chunk, _encoding, done) {
      hash.update(chunk);
      done(null, chunk);
    },
  });
  try {
    await pipeline(
      answer.stream,
      hashing,
      createWriteStream(path, { flags: 'wx', mode: 0o600, highWaterMark: pieceBytes }),
      { signal },
    );
  } catch (cause) {
    const explained = explainDiskError(cause, 'a droplet cannot be stored');
    if (explained !== cause || signal.aborted) throw explained;
    throw noDroplet(`the download from ${publicPartOf(uri)} broke off: ${messageOf(cause)}`, cause);
  }
  return hash.digest('hex');
}

function checkSha1(found: string, sha1: string, origin: string): void {
  if (!isSha1(sha1) || found === sha1.toLowerCase()) return;
  throw noDroplet(`what ${origin} holds has the SHA-1 ${found}, not ${sha1}`);
}

/** Whether a cache key is the SHA-1 of what it stands for; in 2012 it could be anything. */
export function isSha1(text: string): boolean {
  return /^[0-9a-f]{40}$/i.test(text);
}

function noDroplet(why: string, cause?: unknown): ActionableError {
  return new ActionableError('START_FAILED', `The droplet cannot be had: ${why}.`, 'Stage the app again.', { cause });
}

/** The address without the password it may hold: it ends up in the app's log. */
export function publicPartOf(uri: string): string {
  const url = URL.canParse(uri) ? new URL(uri) : undefined;
  return url === undefined ? `'${uri}'` : `${url.origin}${url.pathname}`;
}
