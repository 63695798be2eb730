import { createWriteStream } from 'node:fs';
import { copyFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { messageOf } from '#ground/errors.ts';
import { call, type HttpAnswer } from '#ground/http-client.ts';
import { removeTree } from '#ground/remove-tree.ts';
import { extractZip } from '#ground/unzip.ts';
import { BuilderFailure } from './failure.ts';

export interface ZipDownload {
  readonly url: string;
  readonly destination: string;
  /** An existing directory for the zip itself. */
  readonly scratch: string;
  readonly skipCertVerify: boolean;
  readonly signal?: AbortSignal | undefined;
}

const downloadLimitMs = 10 * 60_000;
const maxRedirects = 10;

/**
 * Fetches a buildpack as a zip and unpacks it; nothing is left of the zip.
 * @returns the bytes that were fetched
 * @throws BuilderFailure with Diego's text; the signal's reason when it aborts
 */
export async function downloadZip({ url, destination, scratch, ...how }: ZipDownload): Promise<number> {
  const zip = join(scratch, 'buildpack.zip');
  try {
    await step(`Failed to download buildpack '${url}'`, how.signal, () => fetched(url, zip, how));
    const { size } = await stat(zip);
    await removeTree(destination);
    const { signal } = how;
    await step(`Failed to extract buildpack '${url}'`, signal, () => extractZip(zip, destination, { signal }));
    return size;
  } finally {
    await rm(zip, { force: true });
  }
}

async function step(what: string, signal: AbortSignal | undefined, work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
  } catch (cause) {
    signal?.throwIfAborted();
    const remedy = 'Check the address, and that the network and the server are up.';
    throw new BuilderFailure('other', `${what}: ${messageOf(cause)}`, { cause, remedy });
  }
}

async function fetched(
  url: string,
  path: string,
  { skipCertVerify, signal }: Pick<ZipDownload, 'skipCertVerify' | 'signal'>,
): Promise<void> {
  if (url.startsWith('file:')) return copyFile(fileURLToPath(url), path);
  const limit = AbortSignal.timeout(downloadLimitMs);
  const stop = signal === undefined ? limit : AbortSignal.any([signal, limit]);
  const answer = await followed(url, { signal: stop, trustAny: skipCertVerify });
  if (answer.status < 200 || answer.status >= 300) {
    answer.stream.destroy();
    throw new Error(`Download failed: Status code ${answer.status}`);
  }
  await pipeline(answer.stream, createWriteStream(path, { mode: 0o600 }), { signal: stop });
}

async function followed(url: string, how: { signal: AbortSignal; trustAny: boolean }): Promise<HttpAnswer> {
  let address = url;
  for (let hops = 0; hops <= maxRedirects; hops++) {
    const answer = await call(address, how);
    const { location } = answer.headers;
    if (answer.status < 300 || answer.status >= 400 || location === undefined) return answer;
    answer.discard();
    address = new URL(location, address).href;
  }
  throw new Error(`stopped after ${maxRedirects} redirects`);
}
