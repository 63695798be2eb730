import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { Buildpack } from '#contract/api/resources.ts';
import { readableSize } from '#ground/bytes.ts';
import type { ApiClient } from '../api-client.ts';
import type { Cli } from '../cli.ts';
import { awaitJob } from '../job.ts';
import { annotations } from './buildpack-view.ts';
import type { FetchedBuildpack } from './fetch-buildpack.ts';

/** The platform may be busy with the bits for a while before it answers. */
const idleMs = 300_000;

/** Gives a buildpack its bits, and notes where they came from. @param source as text @throws ActionableError */
export async function uploadBuildpack(
  cli: Cli,
  api: ApiClient,
  guid: string,
  { fetched, source }: { readonly fetched: FetchedBuildpack; readonly source: string },
): Promise<Buildpack> {
  const boundary = `localpaas-${randomBytes(12).toString('hex')}`;
  const bits = fetched.open();
  const body = Readable.from(multipart(cli, boundary, fetched.filename, bits), { objectMode: false });
  try {
    const answer = await api.exchange(`/v3/buildpacks/${guid}/upload`, {
      method: 'POST',
      headers: { 'content-type': `multipart/form-data; boundary=${boundary}` },
      body,
      idleMs,
    });
    await awaitJob(cli, api, answer);
  } finally {
    body.destroy();
    bits.destroy();
  }
  const noted = { [annotations.source]: source, [annotations.commit]: fetched.commit };
  return api.patch(`/v3/buildpacks/${guid}`, { metadata: { annotations: noted } }, Buildpack);
}

async function* multipart(cli: Cli, boundary: string, filename: string, bits: Readable): AsyncGenerator<Buffer> {
  const name = encodeURIComponent(filename).replaceAll("'", '%27');
  const disposition = `Content-Disposition: form-data; name="bits"; filename="${name}"`;
  yield Buffer.from(`--${boundary}\r\n${disposition}\r\nContent-Type: application/zip\r\n\r\n`);
  let sentBytes = 0;
  for await (const chunk of bits as AsyncIterable<Buffer>) {
    sentBytes += chunk.length;
    cli.progress.detail(readableSize(sentBytes));
    yield chunk;
  }
  yield Buffer.from(`\r\n--${boundary}--\r\n`);
}
