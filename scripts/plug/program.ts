import { accessSync, constants, existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { ActionableError, messageOf } from '#ground/errors.ts';
import { cacheDirectory } from '#packaging/assets.ts';
import { findNatsServer } from '#packaging/nats-server-program.ts';

/** A localpaas that can be run. */
export interface Program {
  readonly command: readonly [program: string, ...args: string[]];
  /** An environment as a login gives it, and no more. */
  environmentIn(home: string): Record<string, string>;
}

/** @param file an executable; the bundle of this checkout when absent @throws ActionableError PROGRAM_NOT_FOUND */
export async function findProgram(file: string | undefined): Promise<Program> {
  const { PATH = '', USER = 'user', LANG = 'C.UTF-8' } = process.env;
  const login = (home: string) => ({ PATH, USER, LANG, HOME: home, LOCALPAAS_HOME: home });
  if (file !== undefined) return { command: [executable(file)], environmentIn: login };

  const bundle = resolve(import.meta.dirname, '..', '..', 'dist', 'localpaas.cjs');
  if (!existsSync(bundle)) {
    throw new ActionableError('PROGRAM_NOT_FOUND', `There is no ${bundle}.`, 'Build it with `npm run build`.');
  }
  const { path } = await findNatsServer({ env: process.env, cacheDir: cacheDirectory() });
  const environmentIn = (home: string) => ({ ...login(home), LOCALPAAS_NATS_SERVER: path });
  return { command: [process.execPath, bundle], environmentIn };
}

function executable(file: string): string {
  const path = resolve(file);
  try {
    accessSync(path, constants.X_OK);
    return path;
  } catch (cause) {
    const remedy = 'Name a file that can be executed after --program, or leave it out.';
    throw new ActionableError('PROGRAM_NOT_FOUND', `${path} cannot be run: ${messageOf(cause)}.`, remedy, { cause });
  }
}
