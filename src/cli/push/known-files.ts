import { createHash } from 'node:crypto';
import { createReadStream, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { setImmediate as turn } from 'node:timers/promises';
import { type Resource, ResourceList } from '#contract/api/resources.ts';
import type { ApiClient } from '../api-client.ts';
import { type AppFile, smallBytes } from './app-files.ts';

/** Below this, asking takes longer than uploading. */
const worthAskingBytes = 64 * 1024;
const mostPerRequest = 5_000;
/** Then signals and progress get their turn. */
const filesPerTurn = 100;

/** A file with what the platform knows it by. */
export interface KnownFile {
  readonly file: AppFile;
  readonly resource: Resource;
}

/** Those of the files whose content the platform has already and need not be sent again. */
export async function knownFiles(api: ApiClient, folder: string, files: readonly AppFile[]): Promise<KnownFile[]> {
  const candidates = files.filter(({ kind, sizeBytes }) => kind === 'file' && sizeBytes > 0);
  if (candidates.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0) <= worthAskingBytes) return [];
  const hashed = await hashAll(folder, candidates);
  const known = new Set<string>();
  for (let start = 0; start < hashed.length; start += mostPerRequest) {
    const resources = hashed.slice(start, start + mostPerRequest).map(({ resource }) => resource);
    const matched = await api.post('/v3/resource_matches', { resources }, ResourceList);
    for (const resource of matched.resources) known.add(keyOf(resource));
  }
  return hashed.filter(({ resource }) => known.has(keyOf(resource)));
}

function keyOf({ checksum, size_in_bytes }: Resource): string {
  return `${checksum.value} ${size_in_bytes}`;
}

async function hashAll(folder: string, files: readonly AppFile[]): Promise<KnownFile[]> {
  const hashed: KnownFile[] = [];
  for (const file of files) {
    hashed.push({ file, resource: await resourceOf(folder, file) });
    if (hashed.length % filesPerTurn === 0) await turn();
  }
  return hashed;
}

async function resourceOf(folder: string, { path, mode, sizeBytes }: AppFile): Promise<Resource> {
  const hash = createHash('sha1');
  if (sizeBytes <= smallBytes) hash.update(readFileSync(join(folder, path)));
  else await pipeline(createReadStream(join(folder, path)), hash);
  return { path, mode: mode.toString(8), checksum: { value: hash.digest('hex') }, size_in_bytes: sizeBytes };
}
