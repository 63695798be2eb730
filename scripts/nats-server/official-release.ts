import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { sha256Of } from '#ground/digest.ts';
import { messageOf } from '#ground/errors.ts';

export interface OfficialRelease {
  readonly version: string;
  /** `{platform}` stands for e.g. `linux-amd64`. */
  readonly url: string;
  /** By platform, of the archive. */
  readonly sha256: Readonly<Record<string, string>>;
}

const connectMs = 5_000;
const downloadMs = 120_000;
const largestBytes = 100_000_000;

/**
 * Downloads the official static nats-server of this release and returns its bytes, after the archive had the checksum
 * which is written down for it.
 * @throws Error saying what stands in the way: no build for the platform, no connection, other bytes
 */
export async function downloadOfficial(release: OfficialRelease, platform = platformName()): Promise<Uint8Array> {
  const expected = release.sha256[platform];
  if (expected === undefined) throw new Error(`no official release for ${platform} is on record`);
  const url = release.url.replace('{platform}', platform);
  const archive = await download(url);
  const sha256 = sha256Of(archive);
  if (sha256 !== expected) throw new Error(`${url} has the sha256 ${sha256}, not ${expected} as recorded`);
  return memberOf(await promisify(gunzip)(archive), 'nats-server');
}

/** As the releases spell it, e.g. `linux-arm7`. */
export function platformName(platform: string = process.platform, architecture: string = process.arch): string {
  const spelled: Record<string, string> = { x64: 'amd64', arm: 'arm7' };
  return `${platform}-${spelled[architecture] ?? architecture}`;
}

async function download(url: string): Promise<Buffer> {
  const stop = new AbortController();
  let timer = setTimeout(() => stop.abort(new Error(`no answer within ${connectMs / 1000} s`)), connectMs);
  try {
    const response = await fetch(url, { signal: stop.signal });
    clearTimeout(timer);
    timer = setTimeout(() => stop.abort(new Error(`not complete after ${downloadMs / 1000} s`)), downloadMs);
    if (!response.ok || response.body === null) throw new Error(`HTTP status ${response.status}`);
    return await collect(response.body);
  } catch (cause) {
    throw new Error(`${url} cannot be downloaded: ${messageOf(cause)}`, { cause });
  } finally {
    clearTimeout(timer);
  }
}

async function collect(body: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    if (size > largestBytes) throw new Error(`it is larger than ${largestBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

const blockBytes = 512;

/** The content of the file `name`, in whatever directory of the tar archive it lies. */
function memberOf(tar: Buffer, name: string): Uint8Array {
  for (let at = 0; at + blockBytes <= tar.length; ) {
    const header = tar.subarray(at, at + blockBytes);
    const path = textField(header, 0, 100);
    const size = Number.parseInt(textField(header, 124, 12), 8) || 0;
    const content = at + blockBytes;
    if (path.split('/').at(-1) === name && size > 0) return tar.subarray(content, content + size);
    at = content + Math.ceil(size / blockBytes) * blockBytes;
  }
  throw new Error(`the archive holds no ${name}`);
}

function textField(header: Buffer, start: number, length: number): string {
  const field = header.subarray(start, start + length);
  const end = field.indexOf(0);
  return field.toString('latin1', 0, end < 0 ? length : end).trim();
}
