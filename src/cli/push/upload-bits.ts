import { randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { Package } from '#contract/api/resources.ts';
import { readableSize } from '#ground/bytes.ts';
import { ActionableError, systemCodeOf } from '#ground/errors.ts';
import { type ZipMember, zipOf } from '#ground/zip.ts';
import type { ApiClient } from '../api-client.ts';
import type { Cli } from '../cli.ts';
import { poll } from '../poll.ts';
import { type AppFile, contentOf, smallBytes } from './app-file.ts';
import { ContentHashes } from './content-hashes.ts';
import { type KnownFile, knownFiles } from './known-files.ts';
import type { PushSource } from './push-source.ts';

/** The platform may be busy with the bits for a while before it answers. */
const idleMs = 300_000;
const limitMs = 300_000;

/**
 * Uploads what a package consists of, and waits until the platform has taken it in.
 * @param hashes what is known of the files' content from the last time
 * @throws ActionableError
 */
export async function uploadBits(
  cli: Cli,
  api: ApiClient,
  source: PushSource,
  { packageGuid, hashes = new ContentHashes() }: { packageGuid: string; hashes?: ContentHashes },
): Promise<void> {
  const known = source.kind === 'folder' ? await knownFiles(api, source.path, source.files, hashes) : [];
  const bits =
    source.kind === 'folder' ? zipFor(source.path, restOf(source.files, known), hashes) : createReadStream(source.path);
  const boundary = `localpaas-${randomBytes(12).toString('hex')}`;
  const body = Readable.from(multipart(cli, boundary, known, bits), { objectMode: false });
  const path = `/v3/packages/${packageGuid}/upload`;
  try {
    const answer = await api.exchange(path, {
      method: 'POST',
      headers: { 'content-type': `multipart/form-data; boundary=${boundary}` },
      body,
      idleMs,
    });
    await awaitReady(cli, api, await api.read(answer, Package, `POST ${path}`));
  } catch (error) {
    throw explain(error);
  } finally {
    body.destroy();
    bits?.destroy();
  }
}

function restOf(files: readonly AppFile[], known: readonly KnownFile[]): AppFile[] {
  const left = new Set(files);
  for (const { file } of known) left.delete(file);
  return [...left];
}

function zipFor(folder: string, files: readonly AppFile[], hashes: ContentHashes): Readable | undefined {
  return files.length === 0 ? undefined : zipOf(files.map((file) => memberOf(folder, file, hashes)));
}

function memberOf(folder: string, file: AppFile, hashes: ContentHashes): ZipMember {
  const { path, kind, mode, modifiedAt, sizeBytes, target } = file;
  const common = { path, kind, mode, modifiedAt };
  if (kind === 'directory') return common;
  if (target !== undefined) return { ...common, open: () => Buffer.from(target) };
  const whole = join(folder, path);
  const small = () => hashes.note(file, contentOf(whole));
  return { ...common, open: () => (sizeBytes <= smallBytes ? small() : createReadStream(whole)) };
}

/** Two parts: what the platform has already, as JSON, and the rest, if there is any. */
async function* multipart(
  cli: Cli,
  boundary: string,
  known: readonly KnownFile[],
  bits: Readable | undefined,
): AsyncGenerator<Buffer> {
  const resources = JSON.stringify(known.map(({ resource }) => resource));
  yield part(boundary, 'name="resources"', 'application/json');
  yield Buffer.from(`${resources}\r\n`);
  if (bits !== undefined) {
    yield part(boundary, 'name="bits"; filename="package.zip"', 'application/octet-stream');
    let sentBytes = 0;
    for await (const chunk of bits as AsyncIterable<Buffer>) {
      sentBytes += chunk.length;
      cli.progress.detail(readableSize(sentBytes));
      yield chunk;
    }
    yield Buffer.from('\r\n');
  }
  yield Buffer.from(`--${boundary}--\r\n`);
}

function part(boundary: string, disposition: string, type: string): Buffer {
  return Buffer.from(
    `--${boundary}\r\nContent-Disposition: form-data; ${disposition}\r\nContent-Type: ${type}\r\n\r\n`,
  );
}

async function awaitReady(cli: Cli, api: ApiClient, uploaded: Package): Promise<void> {
  const path = `/v3/packages/${uploaded.guid}`;
  const isOver = ({ state }: Package) => ['READY', 'FAILED', 'EXPIRED'].includes(state);
  const ended = isOver(uploaded)
    ? uploaded
    : await poll(
        async () => {
          const now = await api.get(path, Package);
          return isOver(now) ? now : undefined;
        },
        { limitMs, signal: cli.signal },
      );
  if (ended?.state === 'READY') return;
  const reason = ended?.data.error ?? 'the platform did not take it in';
  throw new ActionableError('API_REFUSED', `The upload failed: ${reason}.`, 'Mend that and push again.');
}

function explain(error: unknown): unknown {
  const code = systemCodeOf(error);
  if (code !== 'ENOENT' && code !== 'EACCES' && code !== 'EIO') return error;
  return new ActionableError(
    'BAD_INPUT',
    `A file of the app cannot be read any more: ${error instanceof Error ? error.message : code}.`,
    'Push again when nothing changes the folder.',
    { cause: error },
  );
}
