import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { removeTree } from '#ground/remove-tree.ts';
import { type Build, depsIndex, envDirectory, run, suppliersOf } from './build.ts';
import type { Chosen } from './choose.ts';
import { usersVariables } from './environment.ts';
import { adoptExports } from './exports.ts';
import { failed } from './failed.ts';
import { texts } from './failure.ts';

/**
 * Lets the last buildpack make the app: by `finalize`, with `supply` before it, or by `compile` of the older ones.
 * @throws BuilderFailure 223
 */
export async function compile(build: Build, { place }: Chosen): Promise<void> {
  const { options, world } = build;
  const suppliers = suppliersOf(options);
  const index = depsIndex(options, suppliers.length);
  if (existsSync(join(place, 'bin', 'finalize'))) await finalize(build, place, index);
  else {
    if (suppliers.length > 0) await world.err(`${texts.noFinalize}\n`);
    await removeTree(join(build.deps, index));
    const env = options.strict ? [] : [await envDirectory(build, world.appEnv ?? usersVariables(world.env))];
    const args = [options.buildDir, join(options.cacheDir, 'final'), ...env];
    try {
      await run(build, join(place, 'bin', 'compile'), args);
    } catch (error) {
      throw failed('compile', error, texts.compile, texts.compile);
    }
  }
  await adoptExports(build, place);
}

async function finalize(build: Build, place: string, index: string): Promise<void> {
  const { options, deps, profile } = build;
  const args = [options.buildDir, join(options.cacheDir, 'final'), deps, index];
  if (existsSync(join(place, 'bin', 'supply'))) {
    try {
      await run(build, join(place, 'bin', 'supply'), args);
    } catch (error) {
      throw failed('compile', error, texts.compile, texts.supply);
    }
  }
  try {
    await run(build, join(place, 'bin', 'finalize'), [...args, profile]);
  } catch (error) {
    throw failed('compile', error, texts.compile, texts.finalize);
  }
}
