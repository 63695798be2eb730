import { createReadStream, existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { startChild } from '#ground/child.ts';
import { ActionableError } from '#ground/errors.ts';
import { type ZipMember, zipOf } from '#ground/zip.ts';
import { cloneBuildpack } from '#workload/lifecycle/builder/clone-buildpack.ts';
import { downloadZip } from '#workload/lifecycle/builder/download-zip.ts';
import { BuilderFailure } from '#workload/lifecycle/builder/index.ts';
import type { Cli } from '../cli.ts';
import type { AppFile } from '../push/app-file.ts';
import { appFilesIn } from '../push/app-files.ts';
import { type AddressedSource, type BuildpackSource, withoutPassword } from './buildpack-source.ts';

/** A buildpack as it can be sent. */
export interface FetchedBuildpack {
  readonly filename: string;
  /** Its zip. */
  open(): Readable;
  /** Of a git repository. */
  readonly commit: string | null;
}

/** What is no part of a buildpack. Unlike an app's, its manifest.yml is. */
const leftOut = ['.git', '.hg', '.svn', '.DS_Store'];
const scripts = ['detect', 'supply', 'finalize', 'compile', 'release'];

/**
 * Has a buildpack at hand: clones or downloads it where it is elsewhere.
 * @param scratch an existing directory, kept until the buildpack was sent
 * @throws ActionableError
 */
export async function fetchBuildpack(cli: Cli, source: BuildpackSource, scratch: string): Promise<FetchedBuildpack> {
  if (source.kind === 'zip') {
    const { path } = source;
    return { filename: basename(path), open: () => createReadStream(path), commit: null };
  }
  const folder = 'path' in source ? source.path : join(scratch, 'buildpack');
  if (!('path' in source)) await withWayOut(() => obtain(cli, source, { folder, scratch }));
  const commit = source.kind === 'git' ? await commitOf(cli, folder) : null;
  const top = topOf(folder, source);
  const files = appFilesIn(top, leftOut);
  for (const { path, kind, mode } of files) {
    if (kind !== 'file' || !scripts.some((name) => path === `bin/${name}`) || (mode & 0o111) === 0o111) continue;
    cli.progress.warn(`${path} is not executable, so it will not run: \`chmod +x ${path}\` in the buildpack.`);
  }
  return { filename: `${nameOf(source)}.zip`, open: () => zipOf(files.map((file) => memberOf(top, file))), commit };
}

async function obtain(
  cli: Cli,
  source: AddressedSource,
  { folder, scratch }: { readonly folder: string; readonly scratch: string },
): Promise<void> {
  const own = join(scratch, 'own');
  await mkdir(own);
  if (source.kind === 'git') {
    cli.progress.step(`Cloning ${withoutPassword(source.url)}`);
    const { url, revision } = source;
    const how = { cwd: cli.workingDirectory, env: environmentOf(cli), strict: false, signal: cli.signal };
    await cloneBuildpack({ url, revision, destination: folder, scratch: own, ...how });
  } else {
    cli.progress.step(`Fetching ${withoutPassword(source.url)}`);
    const { url } = source;
    await downloadZip({ url, destination: folder, scratch: own, skipCertVerify: false, signal: cli.signal });
  }
}

async function withWayOut(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof BuilderFailure)) throw error;
    const isGitMissing = error.message.includes('"git": executable file not found');
    const message = isGitMissing ? 'There is no program git on this machine.' : `${withoutPasswords(error.message)}.`;
    const code = isGitMissing ? 'PROGRAM_NOT_FOUND' : 'NOT_FOUND';
    throw new ActionableError(code, message, error.remedy ?? 'Check the address.', { cause: error });
  }
}

function withoutPasswords(message: string): string {
  return message.replace(/(:\/\/[^\s/:@]*):[^\s/@]*@/g, '$1@');
}

/** Also of a repository that has moved on since: what was cloned is what counts. */
async function commitOf(cli: Cli, folder: string): Promise<string | null> {
  const args = ['-c', 'safe.directory=*', '-C', folder, 'rev-parse', 'HEAD'];
  const stdio: ['ignore', 'pipe', 'ignore'] = ['ignore', 'pipe', 'ignore'];
  const git = await startChild({ program: 'git', args, env: environmentOf(cli), stdio });
  const said = git.stdout === null ? '' : (await text(git.stdout)).trim();
  await git.exited;
  return /^[0-9a-f]{40,64}$/.test(said) ? said : null;
}

/** The directory in which `bin` lies: this one, or the only one in it. @throws ActionableError BAD_INPUT */
function topOf(folder: string, source: BuildpackSource): string {
  const names = readdirSync(folder).filter((name) => !leftOut.includes(name));
  const nested = names.length === 1 ? [join(folder, names[0] ?? '')] : [];
  const top = [folder, ...nested].find((each) => scripts.some((name) => existsSync(join(each, 'bin', name))));
  if (top !== undefined && statSync(top).isDirectory()) return top;
  const where = 'path' in source ? source.path : withoutPassword(source.url);
  throw new ActionableError(
    'BAD_INPUT',
    `${where} is no buildpack: it has no bin/detect, bin/supply, bin/finalize or bin/compile.`,
    'Name the folder in which bin/ lies. `localpaas buildpack new NAME` writes one to begin with.',
  );
}

function nameOf(source: BuildpackSource): string {
  const path = 'path' in source ? source.path : source.url;
  return basename(path.replace(/[?].*$/, '').replace(/\/+$/, '')).replace(/\.(?:git|zip)$/, '') || 'buildpack';
}

function memberOf(folder: string, { path, kind, mode, modifiedAt, target }: AppFile): ZipMember {
  const common = { path, kind, mode, modifiedAt };
  if (kind === 'directory') return common;
  const bytes = () => (target === undefined ? readFileSync(join(folder, path)) : Buffer.from(target));
  return { ...common, open: () => Readable.from([bytes()]) };
}

function environmentOf({ env }: Cli): Record<string, string> {
  const given = Object.entries(env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]));
  return Object.fromEntries(given) as Record<string, string>;
}
