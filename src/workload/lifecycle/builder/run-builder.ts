import { chmod, readdir, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { replaceFile } from '#ground/files.ts';
import { removeTree } from '#ground/remove-tree.ts';
import { type Build, cacheOfSupplier, openBuild, suppliersOf } from './build.ts';
import { metadataOf } from './buildpack-metadata.ts';
import { type Chosen, detect, supply } from './choose.ts';
import { compile } from './compile.ts';
import { failed } from './failed.ts';
import { BuilderFailure, texts } from './failure.ts';
import { fetchBuildpacks } from './fetch-buildpacks.ts';
import { findProcesses } from './find-processes.ts';
import type { BuilderOptions, BuilderWorld } from './options.ts';
import { pack } from './pack.ts';
import { failedResultText, resultText, type Staged, stagedFrom, stagingInfoText } from './result.ts';

/**
 * Builds a droplet by buildpacks, as Diego's builder does. Whatever the buildpacks forked is ended, and whatever the
 * build needed meanwhile is removed, however it ends.
 * @throws BuilderFailure with Diego's exit code and last line; the signal's reason when it aborts
 */
export async function runBuilder(options: BuilderOptions, world: BuilderWorld): Promise<Staged> {
  world.signal?.throwIfAborted();
  let build: Build;
  try {
    build = await openBuild(options, world);
  } catch (error) {
    if (error instanceof BuilderFailure) throw error;
    throw failed('other', error, 'Failed to set up filesystem when generating droplet');
  }
  try {
    return await built(build);
  } catch (error) {
    // What broke because it was stopped is no failure of a buildpack.
    world.signal?.throwIfAborted();
    throw error;
  } finally {
    await removeTree(build.contents);
    await removeTree(build.scratch);
  }
}

async function built(build: Build): Promise<Staged> {
  const { options, world } = build;
  await fetchBuildpacks(options, world, build.scratch);
  await cleanCache(options);
  const chosen = options.skipDetect ? await supply(build) : await detect(build);
  const staged = await stagedBy(build, chosen);
  // What the result says is true only when the droplet is there; Diego leaves it behind all the same.
  if (options.strict) await writeResult(options, resultText(staged));
  await pack(build, staged);
  if (!options.strict) await writeResult(options, resultText(staged));
  return staged;
}

/** Removes what the cache holds of buildpacks that are not used any more. */
async function cleanCache(options: BuilderOptions): Promise<void> {
  const needed = new Set(['final', ...suppliersOf(options).map((key) => basename(cacheOfSupplier(options, key)))]);
  for (const name of await readdir(options.cacheDir)) {
    if (!needed.has(name)) await removeTree(join(options.cacheDir, name));
  }
}

async function stagedBy(build: Build, chosen: Chosen): Promise<Staged> {
  const { options } = build;
  const keys = options.skipDetect ? options.order : [chosen.key];
  try {
    await compile(build, chosen);
    const { processes, release } = await findProcesses(build, chosen);
    const { buildpacks, runtime = release.runtime } = metadataOf(build, keys);
    const named = buildpacks.map((buildpack) =>
      buildpack.name === '' && !options.skipDetect ? { ...buildpack, name: chosen.detected } : buildpack,
    );
    const configVars = options.strict ? {} : Object.fromEntries(release.configVars);
    const staged = stagedFrom(named, processes, { runtime, configVars });
    await tell(build, staged, release.addons);
    await writeContents(build, staged);
    return staged;
  } catch (error) {
    if (error instanceof BuilderFailure && build.world.signal?.aborted !== true)
      await writeResult(options, failedResultText(metadataOf(build, keys).buildpacks));
    throw error;
  }
}

async function tell({ options, world }: Build, staged: Staged, addons: readonly string[]): Promise<void> {
  if (!options.strict && addons.length > 0) {
    await world.err(`The buildpack asks for add-ons that nobody provides here: ${addons.join(', ')}\n`);
  }
  if (staged.startCommand === '') for (const line of texts.noCommand) await world.err(`${line}\n`);
}

/** Before the script of any buildpack, which may then see the defaults. */
const defaultsFile = '000_config_vars.sh';

async function writeContents({ contents, profile }: Build, staged: Staged): Promise<void> {
  const info = join(contents, 'staging_info.yml');
  await writeFile(info, stagingInfoText(staged));
  await chmod(info, 0o644);
  const defaults = Object.entries(staged.configVars);
  if (defaults.length === 0) return;
  const lines = defaults.map(([name, value]) => `[ -n "\${${name}-}" ] || export ${name}=${shellWord(value)}\n`);
  await writeFile(join(profile, defaultsFile), lines.join(''), { mode: 0o644 });
}

function shellWord(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

async function writeResult({ outputMetadata }: BuilderOptions, text: string): Promise<void> {
  await replaceFile(outputMetadata, text, { mode: 0o644 });
}
