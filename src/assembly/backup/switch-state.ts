import { randomBytes } from 'node:crypto';
import { existsSync, type Stats } from 'node:fs';
import { mkdir, readdir, rename, rm, rmdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import * as v from 'valibot';
import { ActionableError, systemCodeOf } from '#ground/errors.ts';
import { readIfThere, syncDirectory, writeFileDurably } from '#ground/files.ts';
import { jsonIn } from '#ground/json-in.ts';
import type { Home } from '../home.ts';

/**
 * A home's state is exchanged as a whole: the new one is prepared in a directory of the home, and then the old
 * directories move aside and the new ones take their names. What is to be moved is written down first. From that moment
 * on the new state holds: a move that was cut short is finished by whoever takes the home next.
 */

/** What makes up the state. `cli` holds a login that the old key signed. What the DEA keeps is no wish but a fact, and stays. */
const directories = ['cloud-controller', 'nats-server', 'cli'] as const;

const stagePrefix = 'restoring-';
/** Where states lie that were replaced. */
export const asideDirectory = 'replaced';
const Switch = v.object({
  stage: v.pipe(v.string(), v.regex(/^restoring-[0-9a-f]{12}$/)),
  aside: v.pipe(v.string(), v.regex(/^replaced\/[\w-]+$/)),
});
type Switch = v.InferOutput<typeof Switch>;

/** Whether a platform ever kept anything in this home. */
export function hasState(home: Home): boolean {
  const telling = [home.directoryOf('cloud-controller'), join(home.directoryOf('nats-server'), 'store')];
  return telling.some((path) => existsSync(path));
}

/** @throws ActionableError when what is to be exchanged cannot be moved within the home */
export async function checkMovable(home: Home): Promise<void> {
  const device = (await statIfThere(home.path))?.dev;
  for (const name of directories) {
    const own = (await statIfThere(join(home.path, name)))?.dev;
    if (own === undefined || own === device) continue;
    throw new ActionableError(
      'HOME_NOT_WRITABLE',
      `${join(home.path, name)} lies on another disk than ${home.path}, so it cannot be exchanged at once.`,
      'Have the whole home on one disk, or restore into another home: `--home DIR`.',
    );
  }
}

/** A new directory in the home in which a state can be prepared, with a directory for each part of it. */
export async function openStage(home: Home): Promise<{ readonly name: string; readonly path: string }> {
  const name = stagePrefix + randomBytes(6).toString('hex');
  const path = join(home.path, name);
  for (const part of directories) await mkdir(join(path, part), { recursive: true, mode: 0o700 });
  return { name, path };
}

/** Removes a state that was prepared, unless it took its place already or is about to. */
export async function dropStage(home: Home, stage: string): Promise<void> {
  if (!existsSync(fileOf(home))) await rm(join(home.path, stage), { recursive: true, force: true });
}

/**
 * Puts a prepared state, which is on disk, in place of the home's own. Needs the home's lock.
 * @returns where the old one lies now; `undefined` when there was none
 */
export async function switchState(home: Home, stage: string, now: Date): Promise<string | undefined> {
  const aside = `${asideDirectory}/${now.toISOString().replace(/[:.]/g, '-')}`;
  const hadState = hasState(home);
  await writeFileDurably(fileOf(home), `${JSON.stringify({ stage, aside } satisfies Switch)}\n`);
  await finishSwitch(home);
  if (hadState) return join(home.path, aside);
  await rm(join(home.path, aside), { recursive: true, force: true });
  await rmdir(join(home.path, asideDirectory)).catch(() => {}); // something else lies there
  return undefined;
}

/**
 * Finishes what an interrupted restore began, or removes what it left before it came to that. Needs the home's lock.
 * @returns whether a restored state took its place
 */
export async function finishSwitch(home: Home): Promise<boolean> {
  const found = v.safeParse(Switch, jsonIn((await readIfThere(fileOf(home))) ?? ''));
  if (found.success) await carryOut(home, found.output);
  await removeLeftOvers(home);
  return found.success;
}

/** May be done again from any point at which it was cut short: what is still in the stage is still to be exchanged. */
async function carryOut(home: Home, { stage, aside }: Switch): Promise<void> {
  const asidePath = join(home.path, aside);
  await mkdir(asidePath, { recursive: true, mode: 0o700 });
  for (const name of directories) {
    const [old, fresh, kept] = [join(home.path, name), join(home.path, stage, name), join(asidePath, name)];
    if (!existsSync(fresh)) continue;
    if (existsSync(old) && !existsSync(kept)) await rename(old, kept);
    // Where somebody made the directory anew meanwhile, it is empty, and a rename takes its place.
    await rename(fresh, old);
  }
  for (const directory of [asidePath, dirname(asidePath), home.path]) await syncDirectory(directory);
  await rm(fileOf(home));
  await syncDirectory(home.path);
}

/** What an interrupted restore prepared, and the note it was just writing. */
async function removeLeftOvers(home: Home): Promise<void> {
  const note = basename(fileOf(home));
  for (const name of await namesIn(home.path)) {
    if (!name.startsWith(stagePrefix) && !name.startsWith(`${note}.`)) continue;
    await rm(join(home.path, name), { recursive: true, force: true });
  }
}

async function namesIn(directory: string): Promise<string[]> {
  return existsSync(directory) ? readdir(directory) : [];
}

function fileOf(home: Home): string {
  return join(home.path, 'restoring.json');
}

async function statIfThere(path: string): Promise<Stats | undefined> {
  try {
    return await stat(path);
  } catch (error) {
    if (systemCodeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}
