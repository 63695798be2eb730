import { readFileSync, statSync } from 'node:fs';
import { cp, mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sha256Of } from '#ground/digest.ts';
import { BuilderFailure, type BuilderOptions, runBuilder, type Staged } from '#workload/lifecycle/builder/index.ts';
import type { Sandbox } from '#workload/sandbox/index.ts';
import { filesBelow } from './subject.ts';

/** A place of its own for what a buildpack does, and what its scripts see. */
export interface Bench {
  readonly scratch: string;
  readonly env: Readonly<Record<string, string>>;
  /** What of it a user would have set for the app. */
  readonly appEnv: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
  /** In which its scripts run; as ordinary processes when absent. */
  readonly sandbox?: Sandbox | undefined;
  /** What `detect` and a staging may take, in ms: a buildpack that hangs is told about, too. */
  readonly limits: { readonly detectMs: number; readonly stageMs: number };
}

export interface BuildOutcome {
  /** Absent when it failed. */
  readonly staged?: Staged;
  readonly failure?: BuilderFailure;
  /** The end of what was printed. */
  readonly tail: readonly string[];
  readonly tookMs: number;
  readonly dropletSha256?: string;
  readonly dropletBytes?: number;
  /** Files of the droplet which say where it was built. */
  readonly naming: readonly string[];
  /** The app as the buildpack left it. */
  readonly buildDir: string;
}

const key = 'buildpack';
const tailLines = 8;

/** Stages a copy of the app; the cache is that of the builds before. @param name of this build */
export async function buildOnce(
  bench: Bench,
  { place, app, skipDetect, name }: { place: string; app: string; skipDetect: boolean; name: string },
): Promise<BuildOutcome> {
  const directory = join(bench.scratch, name);
  const buildDir = join(directory, 'app');
  const tmp = join(directory, 'tmp');
  await mkdir(tmp, { recursive: true });
  await cp(app, buildDir, { recursive: true, verbatimSymlinks: true, preserveTimestamps: true });
  let printed = '';
  const hear = (text: string) => {
    printed = `${printed}${text}`.slice(-16_000);
  };
  const tail = () => printed.trimEnd().split('\n').slice(-tailLines);
  let naming: readonly string[] = [];
  const startedAt = performance.now();
  const limit = AbortSignal.timeout(bench.limits.stageMs);
  try {
    const staged = await runBuilder(optionsFor(bench, directory, skipDetect), {
      env: { ...bench.env, TMPDIR: tmp },
      appEnv: bench.appEnv,
      cwd: directory,
      signal: AbortSignal.any([bench.signal, limit]),
      sandbox: bench.sandbox,
      out: hear,
      err: hear,
      locate: () => place,
      finish: async ({ directory: contents }) => {
        naming = filesNaming(contents, directory);
      },
    });
    const tookMs = performance.now() - startedAt;
    const bytes = await readFile(join(directory, 'droplet.tgz'));
    return {
      staged,
      tail: tail(),
      tookMs,
      dropletSha256: sha256Of(bytes),
      dropletBytes: bytes.length,
      naming,
      buildDir,
    };
  } catch (error) {
    bench.signal.throwIfAborted();
    const failure = limit.aborted
      ? new BuilderFailure('other', `It was not done after ${bench.limits.stageMs / 1000} s`)
      : error;
    if (!(failure instanceof BuilderFailure)) throw failure;
    return { failure, tail: tail(), tookMs: performance.now() - startedAt, naming, buildDir };
  }
}

function optionsFor({ scratch }: Bench, directory: string, skipDetect: boolean): BuilderOptions {
  return {
    buildDir: join(directory, 'app'),
    outputDroplet: join(directory, 'droplet.tgz'),
    outputMetadata: join(directory, 'result.json'),
    outputCache: '',
    buildpacksDir: join(directory, 'buildpacks'),
    downloadDir: join(directory, 'downloads'),
    cacheDir: join(scratch, 'cache'),
    order: [key],
    skipDetect,
    skipCertVerify: false,
    strict: false,
  };
}

const mostBytes = 256 * 1024;
const mostFiles = 20_000;

function filesNaming(directory: string, needle: string): string[] {
  const files = filesBelow(directory).slice(0, mostFiles);
  return files.filter((path) => {
    const file = join(directory, path);
    return statSync(file).size <= mostBytes && readFileSync(file).includes(needle);
  });
}
