import { chmod, mkdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { systemCodeOf } from '#ground/errors.ts';
import { temporaryNameFor } from '#ground/files.ts';
import { createTarGz } from '#ground/tar.ts';
import { type Build, makeOpen, run } from './build.ts';
import { failed } from './failed.ts';
import type { Staged } from './result.ts';

/**
 * Packs the droplet and the cache. Each output is there as a whole, or as it was before.
 * @throws BuilderFailure 1; the signal's reason when it aborts
 */
export async function pack(build: Build, staged: Staged): Promise<void> {
  const { options, contents, world } = build;
  try {
    for (const name of ['tmp', 'logs']) await makeOpen(join(contents, name));
  } catch (error) {
    throw failed('other', error, 'Failed to set up droplet filesystem');
  }
  const app = join(contents, 'app');
  try {
    await putApp(build, app);
  } catch (error) {
    throw failed('other', error, 'Failed to copy compiled droplet');
  }
  // Its user may be another one than ours, and could not even enter.
  if (!options.strict) for (const path of [app, contents]) await chmod(path, 0o755);
  await world.finish?.({ directory: contents, staged });
  await packed(build, contents, options.outputDroplet, 'Failed to compress droplet filesystem');
  if (options.outputCache === '') return;
  await packed(build, options.cacheDir, options.outputCache, 'Failed to compress build artifacts');
}

async function putApp(build: Build, app: string): Promise<void> {
  const { buildDir, movesApp } = build.options;
  if (movesApp === true && (await isRenamed(buildDir, app))) return;
  await run(build, 'cp', ['-a', buildDir, app]);
}

async function isRenamed(from: string, to: string): Promise<boolean> {
  try {
    await rename(from, to);
    return true;
  } catch (error) {
    if (systemCodeOf(error) === 'EXDEV') return false; // on another disk it can only be copied
    throw error;
  }
}

async function packed(
  { options, world, time }: Build,
  directory: string,
  path: string,
  failure: string,
): Promise<void> {
  const temporary = temporaryNameFor(path);
  const { strict, gzipLevel = strict ? 6 : 1 } = options;
  const stamp = strict ? undefined : time;
  try {
    await mkdir(dirname(path), { recursive: true });
    await createTarGz(directory, ['.'], temporary, { gzipLevel, signal: world.signal, stamp });
    await chmod(temporary, 0o644);
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => {}); // what went wrong first is the news
    world.signal?.throwIfAborted();
    throw failed('other', error, failure);
  }
}
