import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmod, cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import {
  BuilderFailure,
  type BuilderOptions,
  type BuilderWorld,
  runBuilder,
  type Staged,
} from '#workload/lifecycle/builder/index.ts';
import { xxhash64 } from '#workload/lifecycle/builder/xxhash64.ts';
import { scratchDirectory } from '../../../support/scratch.ts';
import type { Scope } from '../../../support/spec.ts';

const run = promisify(execFile);
export const fixtures = join(import.meta.dirname, 'fixtures');

/** A place for one build: the app, buildpacks by name, and what Diego keeps in /tmp. */
export interface Place {
  readonly directory: string;
  readonly options: BuilderOptions;
}

/** What a build did, as somebody sees it who started the program. */
export interface Built {
  readonly code: number;
  readonly out: string;
  readonly err: string;
  readonly staged: Staged | undefined;
  /** Of a failure. */
  readonly remedy?: string | undefined;
}

/** The environment the recordings were made with. */
export const recordedEnv: Readonly<Record<string, string>> = {
  CF_STACK: 'cflinuxfs3',
  HOME: '/home/vcap',
  LANG: 'C.UTF-8',
  MEMORY_LIMIT: '64m',
  PATH: '/usr/local/bin:/usr/bin:/bin',
  VCAP_APPLICATION: '{"application_name":"tiny"}',
};

export async function emptyPlace(scope: Scope, options: Partial<BuilderOptions> = {}): Promise<Place> {
  const directory = await scratchDirectory(scope);
  const buildDir = join(directory, 'app');
  await mkdir(buildDir, { mode: 0o755 });
  return {
    directory,
    options: {
      buildDir,
      outputDroplet: join(directory, 'droplet'),
      outputMetadata: join(directory, 'result.json'),
      outputCache: join(directory, 'output-cache'),
      buildpacksDir: join(directory, 'buildpacks'),
      downloadDir: join(directory, 'buildpackdownloads'),
      cacheDir: join(directory, 'cache'),
      order: ['toy'],
      skipDetect: false,
      skipCertVerify: false,
      strict: false,
      ...options,
    },
  };
}

/** An app of the fixtures. */
export async function addApp({ options }: Place, app: string): Promise<void> {
  await cp(join(fixtures, 'apps', app), options.buildDir, { recursive: true });
}

/** Buildpacks of the fixtures, each under its name's hash. */
export async function addToys({ options }: Place, names: readonly string[], hash: 'xx' | 'md5' = 'xx'): Promise<void> {
  for (const name of names) {
    const directory = hash === 'xx' ? xxhash64(name) : createHash('md5').update(name).digest('hex');
    await cp(join(fixtures, 'buildpacks', name), join(options.buildpacksDir, directory), { recursive: true });
  }
}

/** A buildpack made of these scripts, by their paths (`bin/compile`). What begins with `#!` may be executed. */
export async function addBuildpack(
  place: Place,
  name: string,
  files: Readonly<Record<string, string>>,
): Promise<string> {
  const directory = join(place.options.buildpacksDir, xxhash64(name));
  await writeFiles(directory, files);
  return directory;
}

export async function writeFiles(directory: string, files: Readonly<Record<string, string>>): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    const file = join(directory, path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text);
    if (text.startsWith('#!')) await chmod(file, 0o755);
  }
}

/** Runs the builder in this process. Rejects only for what is no failure of the build. */
export async function build(place: Place, world: Partial<BuilderWorld> = {}): Promise<Built> {
  let out = '';
  let err = '';
  const end = (code: number, staged?: Staged, remedy?: string): Built => ({ code, out, err, staged, remedy });
  try {
    const staged = await runBuilder(place.options, {
      env: recordedEnv,
      cwd: place.directory,
      out: (text) => {
        out += text;
      },
      err: (text) => {
        err += text;
      },
      ...world,
    });
    return end(0, staged);
  } catch (error) {
    if (!(error instanceof BuilderFailure)) throw error;
    err += `${error.message}\n`;
    return end(error.exitCode, undefined, error.remedy);
  }
}

/** The listing of a tar as the recordings have it, in the order of names. */
export async function listing(path: string): Promise<string[]> {
  const { stdout } = await run('tar', ['--numeric-owner', '-tvzf', path]);
  return stdout.trimEnd().split('\n').map(entryOf).sort();
}

function entryOf(line: string): string {
  const [, mode, owner, size, name] = /^(\S+) +(\S+) +(\d+) +\S+ +\S+ (.*)$/.exec(line) ?? [];
  return `${mode} ${owner} ${size} ${name}`;
}

export async function readResult({ options }: Place): Promise<unknown> {
  return JSON.parse(await readFile(options.outputMetadata, 'utf8'));
}

/** What a build leaves in the directory for temporary files. */
export async function temporariesIn(directory: string): Promise<string[]> {
  return (await readdir(directory)).filter((name) => /^(?:contents|builder)\w{6}$/.test(name));
}

export async function git(directory: string, ...args: readonly string[]): Promise<void> {
  const identity = ['-c', 'user.name=toy', '-c', 'user.email=toy@example.com', '-c', 'init.defaultBranch=main'];
  await run('git', [...identity, ...args], { cwd: directory });
}

const shell = '#!/usr/bin/env bash\n';

/** One buildpack, `toy`, which takes every app unless it says otherwise, and a directory for temporary files. */
export async function placeFor(scope: Scope, files: Readonly<Record<string, string>>) {
  const place = await emptyPlace(scope);
  await addBuildpack(place, 'toy', { 'bin/detect': `${shell}echo Toy\n`, ...files });
  const TMPDIR = join(place.directory, 'tmp');
  await mkdir(TMPDIR);
  return { place, env: { ...recordedEnv, TMPDIR } };
}
