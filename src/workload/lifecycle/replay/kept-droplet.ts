import { access, cp, mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { sha256Of } from '#ground/digest.ts';
import { systemCodeOf } from '#ground/errors.ts';
import { readIfThere, temporaryNameFor } from '#ground/files.ts';

/** What a replayed staging leaves for a replayed launch. */
export interface KeptDroplet {
  readonly droplet: string;
  /** The builder's result.json. */
  readonly result: string;
}

/** Where recordings are replayed, and their droplets kept. @param home of localpaas */
export function replayDirectory(home: string): string {
  return join(home, 'replay');
}

function placeOf(home: string, guid: string): KeptDroplet {
  const name = /^[\w-][\w.-]{0,199}$/.test(guid) ? guid : `app-${sha256Of(guid).slice(0, 32)}`;
  const directory = join(replayDirectory(home), 'droplets', name);
  return { droplet: join(directory, 'droplet.tgz'), result: join(directory, 'result.json') };
}

/** Takes both files from where they are; what was kept for this app before is replaced. */
export async function keepDroplet(home: string, guid: string, made: KeptDroplet): Promise<KeptDroplet> {
  const place = placeOf(home, guid);
  await mkdir(join(place.droplet, '..'), { recursive: true, mode: 0o700 });
  for (const name of ['droplet', 'result'] as const) {
    const temporary = temporaryNameFor(place[name]);
    try {
      await cp(made[name], temporary);
      await rename(temporary, place[name]);
    } finally {
      await rm(temporary, { force: true });
    }
  }
  return place;
}

/** The droplet that was kept for the first of these which has one. */
export async function findKeptDroplet(home: string, guids: readonly string[]): Promise<KeptDroplet | undefined> {
  for (const guid of guids) {
    const place = placeOf(home, guid);
    try {
      await access(place.droplet);
      return place;
    } catch (error) {
      if (systemCodeOf(error) !== 'ENOENT') throw error;
    }
  }
  return undefined;
}

/** The start command and buildpack that a result tells; empty where it does not. */
export async function readResult(path: string): Promise<{ buildpack: string; command: string }> {
  const said = JSON.parse((await readIfThere(path)) ?? '{}') as {
    lifecycle_metadata?: { detected_buildpack?: string };
    process_types?: Readonly<Record<string, string>> | null;
  };
  return { buildpack: said.lifecycle_metadata?.detected_buildpack ?? '', command: said.process_types?.['web'] ?? '' };
}
