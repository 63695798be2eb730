import { type Resource, ResourceList } from '#contract/api/resources.ts';
import type { ApiClient } from '../api-client.ts';
import type { AppFile } from './app-file.ts';
import type { ContentHashes } from './content-hashes.ts';

/** Below this, asking takes longer than uploading. */
const worthAskingBytes = 64 * 1024;
const mostPerRequest = 5_000;

/** A file with what the platform knows it by. */
export interface KnownFile {
  readonly file: AppFile;
  readonly resource: Resource;
}

/** Those of the files whose content the platform has already and need not be sent again. */
export async function knownFiles(
  api: ApiClient,
  folder: string,
  files: readonly AppFile[],
  hashes: ContentHashes,
): Promise<KnownFile[]> {
  const candidates = files.filter(({ kind, sizeBytes }) => kind === 'file' && sizeBytes > 0);
  if (candidates.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0) <= worthAskingBytes) return [];
  const sha1s = await hashes.all(folder, candidates);
  const hashed = candidates.map((file) => ({ file, resource: resourceOf(file, sha1s.get(file)) }));
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

function resourceOf({ path, mode, sizeBytes }: AppFile, sha1 = ''): Resource {
  return { path, mode: mode.toString(8), checksum: { value: sha1 }, size_in_bytes: sizeBytes };
}
