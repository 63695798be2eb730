import { rm, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { ActionableError } from '#ground/errors.ts';
import type { Cli } from '../cli.ts';
import { definedOf } from '../up/keeper.ts';
import { checkFile, checkMachine, checkWhole, ownMachine } from './check-executable.ts';
import {
  checkPermission,
  copyBeside,
  previousOf,
  putInPlace,
  type Replacement,
  swapWithPrevious,
} from './replace-executable.ts';
import { compareVersions } from './version.ts';

/** One executable in the place of another, checked and ready to be made. */
export interface Change {
  readonly from: string;
  readonly to: string;
  /** Whether another file comes to the place. */
  readonly replaces: boolean;
  apply(): Promise<Replacement>;
  /** Releases what was prepared for a change that was not made. */
  discard(): Promise<void>;
}

export interface Wanted {
  /** Of the installed executable. */
  readonly path: string;
  readonly version: string;
  readonly force: boolean;
  /** How root would say the same. */
  readonly asRoot: string;
}

/** The change to the executable in `file`; `undefined` when that version is installed already. @throws ActionableError */
export async function changeTo(cli: Cli, file: string, wanted: Wanted): Promise<Change | undefined> {
  const { path, version, force, asRoot } = wanted;
  const { env, signal, progress } = cli;
  await checkFile(file, path);
  await checkMachine(file, await ownMachine());
  await checkPermission(path, asRoot);
  progress.step(`Copying ${file}`);
  const copy = await copyBeside(file, path);
  try {
    progress.step(`Checking ${file}`);
    const fresh = await checkWhole(copy, { name: file, env: definedOf(env), signal });
    signal.throwIfAborted();
    const order = compareVersions(fresh.version, version);
    if (!force && order < 0) throw older(file, fresh.version, version);
    const discard = () => rm(copy, { force: true });
    if (!force && order === 0) {
      await discard();
      return undefined;
    }
    return { from: version, to: fresh.version, replaces: true, apply: () => putInPlace(copy, path), discard };
  } catch (error) {
    await rm(copy, { force: true });
    throw error;
  } finally {
    progress.end();
  }
}

/** The change back to what was there before the last one. @throws ActionableError */
export async function changeBack(cli: Cli, { path, version, asRoot }: Omit<Wanted, 'force'>): Promise<Change> {
  const previous = previousOf(path);
  const found = await stat(previous).catch(() => undefined);
  if (found?.isFile() !== true) {
    throw new ActionableError(
      'NOT_FOUND',
      `There is nothing to go back to: no ${previous} is there.`,
      'It is what `localpaas upgrade --from FILE` leaves of the version before.',
    );
  }
  await checkMachine(previous, await ownMachine());
  await checkPermission(path, asRoot);
  cli.progress.step(`Checking ${previous}`);
  const { env, signal } = cli;
  const before = await checkWhole(previous, { name: previous, env: definedOf(env), signal });
  cli.progress.end();
  signal.throwIfAborted();
  return {
    from: version,
    to: before.version,
    replaces: true,
    apply: () => swapWithPrevious(path),
    discard: async () => {},
  };
}

/** For a platform that is to become what lies in its place already. */
export function unchanged(version: string): Change {
  const nothing = async () => {};
  const apply = async () => ({ undo: nothing, settle: nothing });
  return { from: version, to: version, replaces: false, apply, discard: nothing };
}

function older(file: string, version: string, installed: string): ActionableError {
  return new ActionableError(
    'BAD_INPUT',
    `${resolve(file)} is localpaas ${version}, older than the installed ${installed}.`,
    'An older version may not understand what a newer one has stored. `--force` installs it all the same.',
  );
}
