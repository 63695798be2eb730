import { readFileSync } from 'node:fs';
import { chmod, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { systemCodeOf } from '#ground/errors.ts';
import { temporaryNameFor } from '#ground/files.ts';
import { cacheDirectories } from './cache-directories.ts';
import { carriedFiles } from './executable.ts';
import { inCache, tidyCache } from './in-cache.ts';
import { installationDirectory } from './installation.ts';

/** What ships beside the program's code. */
export type Assets = 'buildpacks' | 'stacks' | 'sample-apps';

/** How an executable carries them, as JSON. */
export interface CarriedAsset {
  readonly path: string;
  readonly mode: number;
  /** In base64. */
  readonly content: string;
}

/**
 * The directory of these assets: beside `src/` for a program run from its sources, beside `dist/` for a built one, in
 * the cache for an executable, which unpacks them there.
 * @throws ActionableError CACHE_NOT_USABLE, EXECUTABLE_DAMAGED
 */
export async function assetsDirectory(
  assets: Assets,
  env: Readonly<Record<string, string | undefined>>,
): Promise<string> {
  const files = carriedFiles();
  if (files === undefined) return join(installationDirectory(), assets);
  const name = `files-${files.sha256('assets').slice(0, 16)}`;
  const carried: CarriedAsset[] = JSON.parse(Buffer.concat(await files.read('assets')).toString());
  const directory = await inCache(env, 'the files it carries', {
    find: async (cache) => ((await areIn(join(cache, name), carried)) ? join(cache, name) : undefined),
    make: (cache) => unpackAssets(carried, join(cache, name)),
  });
  return join(directory, assets);
}

/** Where programs fetched for localpaas are kept, or those an executable unpacks; it may not exist yet. */
export function cacheDirectory(): string {
  if (carriedFiles() !== undefined) return cacheDirectories(process.env)[0] ?? '';
  return join(installationDirectory(), '.cache');
}

/** The terms under which localpaas and what it contains are shared, as text. */
export function licenceTexts(): string {
  const files = carriedFiles();
  if (files !== undefined) return files.readSync('licences').toString();
  const read = (name: string) => readFileSync(join(installationDirectory(), name), 'utf8');
  return `${read('LICENSE')}\n${read('THIRD_PARTY_LICENSES')}`;
}

async function unpackAssets(assets: readonly CarriedAsset[], directory: string): Promise<string> {
  const temporary = temporaryNameFor(directory);
  try {
    for (const { path, mode, content } of assets) {
      const target = join(temporary, path);
      await mkdir(dirname(target), { recursive: true });
      await writeFile(target, Buffer.from(content, 'base64'));
      await chmod(target, mode);
    }
    await place(temporary, directory, assets);
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
  await tidyCache(dirname(directory), basename(directory));
  return directory;
}

/** What is there and whole is used by others at this very moment: it is not touched. */
async function place(temporary: string, directory: string, assets: readonly CarriedAsset[]): Promise<void> {
  try {
    return await rename(temporary, directory);
  } catch (error) {
    if (!['ENOTEMPTY', 'EEXIST', 'ENOTDIR'].includes(systemCodeOf(error) ?? '')) throw error;
  }
  if (await areIn(directory, assets)) return; // another process was faster
  // Somebody changed what is there, or the power failed before it was on the disk.
  const spoiled = temporaryNameFor(directory);
  try {
    await rename(directory, spoiled);
    await rename(temporary, directory);
  } catch (error) {
    if (!(await areIn(directory, assets))) throw error; // another process mended it
  } finally {
    await rm(spoiled, { recursive: true, force: true });
  }
}

async function areIn(directory: string, assets: readonly CarriedAsset[]): Promise<boolean> {
  const isIn = async ({ path, content }: CarriedAsset) => {
    const found = await readFile(join(directory, path)).catch(() => undefined); // not there
    return found?.equals(Buffer.from(content, 'base64')) === true;
  };
  return (await Promise.all(assets.map(isIn))).every(Boolean);
}
