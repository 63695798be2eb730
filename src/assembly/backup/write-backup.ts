import { hostname } from 'node:os';
import type { Readable } from 'node:stream';
import { type Account, blobsOf, type DesiredState, stateText } from '#components/cloud-controller/index.ts';
import { sha256Of } from '#ground/digest.ts';
import { type TarSource, tarGzOf } from '#ground/tar-stream.ts';
import {
  accountName,
  type BackupMember,
  type BackupRecord,
  backupFormat,
  kind,
  nameOfBlob,
  recordName,
  stateName,
} from './backup-record.ts';
import type { PinnedBlobs } from './pinned-blobs.ts';

export interface BackupContent {
  readonly state: DesiredState;
  readonly account: Account | undefined;
  readonly domain: string;
  /** Of this program. */
  readonly version: string;
  /** Every blob of the state. */
  readonly blobs: PinnedBlobs;
}

/** Packages and droplets are compressed already: to try it again costs a small machine more time than its disk. */
const gzipLevel = 0;

/**
 * The archive, made while it is read, and its record.
 * @param passed told how many bytes of all members have gone by
 * @throws DamagedBlob while it is read
 */
export function writeBackup(
  { state, account, domain, version, blobs }: BackupContent,
  now: Date,
  passed: (bytes: number, allBytes: number) => void,
): { record: BackupRecord; archive: Readable } {
  const texts = [
    textMember(stateName, stateText(state, now)),
    textMember(accountName, JSON.stringify(account ?? null)),
  ];
  const bits = blobsOf(state).map(({ sha256, sizeBytes }) => ({ name: nameOfBlob(sha256), bytes: sizeBytes, sha256 }));
  const members: BackupMember[] = [...texts.map(({ member }) => member), ...bits];
  const record: BackupRecord = {
    kind,
    format: backupFormat,
    version,
    createdAt: now.toISOString(),
    domain,
    machine: { name: hostname(), platform: process.platform, architecture: process.arch },
    counts: {
      apps: state.app.length,
      routes: state.route.length,
      packages: state.package.length,
      droplets: state.droplet.length,
    },
    members,
  };
  const allBytes = members.reduce((sum, { bytes }) => sum + bytes, 0);
  let soFar = 0;
  const count = (bytes: number) => {
    soFar += bytes;
    passed(soFar, allBytes);
  };
  const first = textMember(recordName, `${JSON.stringify(record, null, 1)}\n`);
  const files: TarSource[] = [
    ...[first, ...texts].map(({ source }) => source),
    ...bits.map(({ name, bytes, sha256 }) => ({
      name,
      sizeBytes: bytes,
      content: () => counted(blobs.read(sha256), count),
    })),
  ];
  return { record, archive: tarGzOf(files, now, gzipLevel) };
}

function textMember(name: string, text: string): { member: BackupMember; source: TarSource } {
  const content = Buffer.from(text);
  const sha256 = sha256Of(content);
  return {
    member: { name, bytes: content.length, sha256 },
    source: { name, sizeBytes: content.length, content: () => [content] },
  };
}

async function* counted(chunks: AsyncIterable<Uint8Array>, count: (bytes: number) => void): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    count(chunk.length);
    yield chunk;
  }
}
