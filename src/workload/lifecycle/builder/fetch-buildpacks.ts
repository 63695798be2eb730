import { mkdir } from 'node:fs/promises';
import { removeTree } from '#ground/remove-tree.ts';
import { expectedPlace, isAddress, isSshAddress } from './buildpack-place.ts';
import { cloneBuildpack } from './clone-buildpack.ts';
import { downloadZip } from './download-zip.ts';
import { BuilderFailure } from './failure.ts';
import type { BuilderOptions, BuilderWorld } from './options.ts';

/**
 * Fetches the buildpacks that are named by an address, one after the other.
 * @param scratch a directory for what is needed meanwhile
 * @throws BuilderFailure
 */
export async function fetchBuildpacks(options: BuilderOptions, world: BuilderWorld, scratch: string): Promise<void> {
  for (const key of options.order) {
    if (world.locate?.(key) !== undefined) continue;
    if (options.strict && isSshAddress(key)) throw invalid(key);
    if (isAddress(key)) await fetchBuildpack(key, options, world, scratch);
  }
}

async function fetchBuildpack(
  key: string,
  options: BuilderOptions,
  world: BuilderWorld,
  scratch: string,
): Promise<void> {
  const destination = expectedPlace(key, options);
  await mkdir(options.downloadDir, { recursive: true });
  const { signal, env, cwd } = world;
  const [url = '', ...behind] = key.split('#');
  if (URL.canParse(url) && new URL(url).pathname.endsWith('.zip')) {
    const { skipCertVerify } = options;
    const bytes = await downloadZip({ url: key, destination, scratch, skipCertVerify, signal });
    await world.out(`Downloaded buildpack \`${key}\` (${goSize(bytes)})\n`);
    return;
  }
  const revision = decoded(behind.join('#'));
  if (!options.strict) await removeTree(destination);
  await cloneBuildpack({ url, revision, destination, scratch, cwd, env, strict: options.strict, signal });
}

function decoded(fragment: string): string {
  try {
    return decodeURIComponent(fragment);
  } catch {
    return fragment; // a lone % is one then
  }
}

function invalid(key: string): BuilderFailure {
  const why = `parse ${JSON.stringify(key)}: first path segment in URL cannot contain colon`;
  return new BuilderFailure('other', `Invalid buildpack url (${key}): ${why}`);
}

/** A size in Go's words: `1.1K`, `20M`. */
function goSize(bytes: number): string {
  const units = ['B', 'K', 'M', 'G', 'T'];
  let value = bytes;
  let unit = 0;
  for (; value >= 1024 && unit < units.length - 1; unit++) value /= 1024;
  return `${value.toFixed(1).replace(/\.0$/, '')}${units[unit]}`;
}
