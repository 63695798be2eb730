import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type Build, cacheOfSupplier, depsIndex, privateCopy, run, suppliersOf } from './build.ts';
import { buildpackPlace } from './buildpack-place.ts';
import { captured } from './captured.ts';
import { adoptExports } from './exports.ts';
import { failed } from './failed.ts';
import { BuilderFailure, texts } from './failure.ts';
import { ScriptFailure } from './run-script.ts';

/** The buildpack that makes the droplet. */
export interface Chosen {
  readonly key: string;
  readonly place: string;
  /** What its `detect` printed; empty when it was not asked. */
  readonly detected: string;
}

/** More than this is no name. */
const maxNameLength = 4 * 1024;

/**
 * The first buildpack of the order that takes the app. Those that are missing or damaged are told about, and passed by.
 * @throws BuilderFailure when none does
 */
export async function detect(build: Build): Promise<Chosen> {
  for (const key of build.options.order) {
    const place = await usablePlace(build, key);
    if (place === undefined) continue;
    const output = captured(maxNameLength);
    try {
      await run(build, join(place, 'bin', 'detect'), [build.options.buildDir], { out: output.add });
    } catch (error) {
      if (error instanceof ScriptFailure) continue;
      throw error;
    }
    return { key, place: await privateCopy(build, key, place), detected: output.text().replace(/[\r\n]+$/, '') };
  }
  throw new BuilderFailure('detect', texts.detect);
}

async function usablePlace({ options, world }: Build, key: string): Promise<string | undefined> {
  try {
    const place = buildpackPlace(key, options, world.locate?.(key));
    const script = join(place, 'bin', 'detect');
    const mode = statSync(script, { throwIfNoEntry: false })?.mode;
    if (mode === undefined) throw new BuilderFailure('other', `stat ${script}: no such file or directory`);
    if ((mode & 0o111) !== 0o111) await world.out("WARNING: buildpack script '/bin/detect' is not executable\n");
    return place;
  } catch (error) {
    if (!(error instanceof BuilderFailure)) throw error;
    await world.err(`${error.message}\n`);
    return undefined;
  }
}

/**
 * Lets all buildpacks but the last provide what they have.
 * @returns the last one
 * @throws BuilderFailure, before any was run when one of them has no `supply`
 */
export async function supply(build: Build): Promise<Chosen> {
  const { options } = build;
  const suppliers = suppliersOf(options);
  for (const key of suppliers) {
    if (!existsSync(join(await placeOf(build, key), 'bin', 'supply')))
      throw new BuilderFailure('supply', texts.noSupply);
  }
  for (const [index, key] of suppliers.entries()) {
    const place = await privateCopy(build, key, await placeOf(build, key));
    const args = [options.buildDir, cacheOfSupplier(options, key), build.deps, depsIndex(options, index)];
    try {
      await run(build, join(place, 'bin', 'supply'), args);
    } catch (error) {
      throw failed('supply', error, texts.supply);
    }
    await adoptExports(build, place);
  }
  const key = options.order.at(-1) ?? '';
  return { key, place: await privateCopy(build, key, await placeOf(build, key, false)), detected: '' };
}

async function placeOf({ options, world }: Build, key: string, isTold = true): Promise<string> {
  try {
    return buildpackPlace(key, options, world.locate?.(key));
  } catch (error) {
    if (error instanceof BuilderFailure && isTold) await world.err(`${error.message}\n`);
    throw failed('supply', error, texts.supply);
  }
}
