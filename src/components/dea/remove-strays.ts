import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf } from '#ground/errors.ts';
import { removeTree } from '#ground/remove-tree.ts';
import { instanceIdOf } from './instance-record.ts';
import { instanceVariable } from './process-census.ts';
import { stopInstance } from './stop-instance.ts';
import type { Tools } from './tools.ts';

/** What an earlier DEA left that belongs to no instance we know. */
export interface Strays {
  /** Names of instance directories. */
  readonly directories: readonly string[];
  /** Names of files with log positions. */
  readonly logPositions: readonly string[];
}

/** @param known the instances of the snapshot: their directories and ids */
export async function findStrays(
  { places }: Tools,
  known: readonly { readonly directory: string; readonly id: string }[],
): Promise<Strays> {
  const directories = new Set(known.map(({ directory }) => directory));
  const ids = new Set(known.map(({ id }) => id));
  return {
    directories: (await readdir(places.instances)).filter((name) => !directories.has(name)),
    logPositions: (await readdir(places.logPositions)).filter((name) => !ids.has(name)),
  };
}

/**
 * Ends and removes what is left of instances nobody knows: a DEA was killed before it could note them down. The
 * directory comes before the first process and goes after the last one, so no process escapes this; and another DEA's
 * instances, which carry the same variable, have no directory here.
 */
export async function removeStrays({ directories, logPositions }: Strays, tools: Tools): Promise<void> {
  const { log, options, places } = tools;
  for (const name of logPositions) await rm(join(places.logPositions, name), { recursive: true, force: true });
  for (const name of directories) {
    const directory = join(places.instances, name);
    const id = instanceIdOf(name);
    // In a directory somebody named, other things may lie as well.
    if (id === undefined && options.baseDir !== null) continue;
    try {
      if (id !== undefined) await killAll(id, directory, tools);
      if (options.keepDirectories) continue;
      await removeTree(directory);
      log.info('stray instance removed', { directory: name });
    } catch (error) {
      log.error('stray instance not removed', { directory: name, error: messageOf(error) });
    }
  }
}

/** Ends every process of an instance, without a word; resolves when none is left. */
export async function killAll(id: string, directory: string, { census, options }: Tools): Promise<void> {
  await stopInstance({
    directory,
    members: () => census.membersOf(id),
    leaderPid: undefined,
    graceMs: 0,
    killLimitMs: options.killLimitMs,
    env: { PATH: options.path, HOME: directory, [instanceVariable]: id },
  });
}
