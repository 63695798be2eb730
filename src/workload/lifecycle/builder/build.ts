import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { removeTree } from '#ground/remove-tree.ts';
import { environmentFor } from './environment.ts';
import { newestTime } from './newest-time.ts';
import type { BuilderOptions, BuilderWorld } from './options.ts';
import { runScript, type Script } from './run-script.ts';
import { xxhash64 } from './xxhash64.ts';

/** A build that is under way, and its directories. */
export interface Build {
  /** With absolute paths. */
  readonly options: BuilderOptions;
  readonly world: BuilderWorld;
  /** Of the scripts; a buildpack may add to it for those behind it. */
  env: Readonly<Record<string, string>>;
  /** Of all files of the droplet. */
  readonly time: Date;
  /** Becomes the droplet. */
  readonly contents: string;
  readonly deps: string;
  readonly profile: string;
  /** For what nobody sees: copies of buildpacks, their environment as files. */
  readonly scratch: string;
}

/** All but the last of a list that was chosen: they provide, and the last one makes the app of it. */
export function suppliersOf({ order, skipDetect }: BuilderOptions): readonly string[] {
  return skipDetect ? order.slice(0, -1) : [];
}

/** The name of a buildpack's directory in `deps`: as wide as the number of buildpacks is. */
export function depsIndex(options: BuilderOptions, index: number): string {
  return String(index).padStart(String(suppliersOf(options).length + 1).length, '0');
}

export function cacheOfSupplier({ cacheDir }: BuilderOptions, key: string): string {
  return join(cacheDir, xxhash64(key));
}

/**
 * Makes the directories of a build. Who calls it removes `contents` and `scratch`; when it fails they are gone.
 * @throws BuilderFailure about the environment; the system's error
 */
export async function openBuild(given: BuilderOptions, world: BuilderWorld): Promise<Build> {
  const options = absolute(given, world.cwd);
  const time = await newestTime(options.buildDir);
  const env = environmentFor(given, world, { mark: randomUUID(), time });
  for (const path of [options.outputDroplet, options.outputMetadata]) await mkdir(dirname(path), { recursive: true });
  await mkdir(join(options.cacheDir, 'final'), { recursive: true });
  for (const key of suppliersOf(options)) await mkdir(cacheOfSupplier(options, key), { recursive: true });
  const temporary = world.env['TMPDIR'] ?? tmpdir();
  const scratch = await mkdtemp(join(temporary, 'builder'));
  const contents = await mkdtemp(join(temporary, 'contents')).catch(removing(scratch));
  const deps = join(contents, 'deps');
  const profile = join(contents, 'profile.d');
  const indexes = [...suppliersOf(options), 'final'].map((_, index) => depsIndex(options, index));
  for (const path of [deps, ...indexes.map((index) => join(deps, index)), profile]) {
    await makeOpen(path).catch(removing(scratch, contents));
  }
  return { options, world, env, time, contents, deps, profile, scratch };
}

function removing(...paths: readonly string[]): (error: unknown) => Promise<never> {
  return async (error) => {
    for (const path of paths) await removeTree(path);
    throw error;
  };
}

/** A directory everybody may enter, whatever this process's umask is: another user may run the app. */
export async function makeOpen(path: string): Promise<void> {
  await mkdir(path, { recursive: true });
  await chmod(path, 0o755);
}

function absolute(options: BuilderOptions, cwd: string): BuilderOptions {
  const { buildDir, outputDroplet, outputMetadata, outputCache, buildpacksDir, downloadDir, cacheDir } = options;
  return {
    ...options,
    buildDir: resolve(cwd, buildDir),
    outputDroplet: resolve(cwd, outputDroplet),
    outputMetadata: resolve(cwd, outputMetadata),
    outputCache: outputCache === '' ? '' : resolve(cwd, outputCache),
    buildpacksDir: resolve(cwd, buildpacksDir),
    downloadDir: resolve(cwd, downloadDir),
    cacheDir: resolve(cwd, cacheDir),
  };
}

/** Runs a program of the build; what it prints is passed on unless something else is to take it. */
export async function run(
  { options: { strict, buildDir }, world, env }: Build,
  program: string,
  args: readonly string[],
  { out = world.out, err = world.err }: Partial<Pick<Script, 'out' | 'err'>> = {},
): Promise<void> {
  const cwd = strict ? world.cwd : buildDir;
  const { signal, sandbox } = world;
  await runScript({ program, args, cwd, env, out, err, signal, sandbox, cut: strict ? '' : '\n' });
}

/** A copy of the buildpack that it may write to, which is gone after the build. */
export async function privateCopy(build: Build, key: string, place: string): Promise<string> {
  const { strict, downloadDir } = build.options;
  // What was fetched for this build is nobody else's.
  if (strict || place.startsWith(`${downloadDir}/`)) return place;
  const copy = join(build.scratch, xxhash64(key));
  if (!existsSync(copy)) await run(build, 'cp', ['-a', place, copy]);
  return copy;
}

/** The variables a user set, as Heroku's buildpacks want them: a directory with one file for each. */
export async function envDirectory(build: Build, variables: Readonly<Record<string, string>>): Promise<string> {
  const directory = join(build.scratch, 'env');
  await mkdir(directory, { recursive: true });
  for (const [name, value] of Object.entries(variables)) {
    if (/^[A-Za-z_]\w*$/.test(name)) await writeFile(join(directory, name), value);
  }
  return directory;
}
