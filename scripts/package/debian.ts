import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmod, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { commands } from '#cli/command-table.ts';
import { completionScript } from '#cli/completion/completion-scripts.ts';
import { systemCodeOf } from '#ground/errors.ts';
import { sha256Of } from '#packaging/program-records.ts';
import { debianChangelog, debianVersion } from './debian/changelog.ts';
import { controlFile, lintianOverrides, refuseArmv6 } from './debian/control.ts';
import { debianCopyright } from './debian/copyright.ts';
import { dependsOf } from './debian/depends.ts';
import { manPage } from './debian/man-page.ts';
import { needsOf } from './elf.ts';
import { licenceTexts } from './licences.ts';
import type { Made, Places } from './make-target.ts';
import { fetchNatsServer } from './nats-server.ts';
import { fetchNode } from './node.ts';
import type { Target } from './targets.ts';

const run = promisify(execFile);

/** A package to be made. */
interface Plan {
  readonly target: Target;
  readonly architecture: string;
  readonly version: string;
  readonly maintainer: string;
  readonly homepage: string | undefined;
  /** Nothing in the package is younger. */
  readonly builtAt: Date;
}

interface PackagedFile {
  readonly path: string;
  readonly content: Uint8Array;
  readonly mode?: number;
}

/** Makes the package of an executable that lies in dist/, with Debian's own tools. Two runs give the same bytes. */
export async function makeDebianPackage(target: Target, places: Places): Promise<Made> {
  const { dist, work } = places;
  const plan = await planOf(target, places.project);
  const name = `localpaas_${debianVersion(plan.version)}_${plan.architecture}.deb`;
  const scratch = await mkdtemp(join(work, 'debian-'));
  try {
    const root = join(scratch, 'root');
    const files = await filesOf(plan, places);
    for (const file of [...files, ...(await controlFilesOf(plan, files, places))]) await place(root, file);
    await build(root, join(scratch, name), plan.builtAt);
    await rename(join(scratch, name), join(dist, name));
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
  console.log(name);
  return { name, sha256: await sha256Of(join(dist, name)) };
}

async function planOf(target: Target, project: string): Promise<Plan> {
  const { debian: architecture } = target;
  if (architecture === undefined) throw new Error(`there are no Debian packages for ${target.name}`);
  const manifest = JSON.parse(await readFile(join(project, 'package.json'), 'utf8')) as Record<string, string>;
  const { version = '', author, homepage } = manifest;
  const maintainer = author ?? 'The authors of localpaas <authors@localpaas.example>';
  return { target, architecture, version, maintainer, homepage, builtAt: await sourceDate(project) };
}

/** `$SOURCE_DATE_EPOCH`, else the time of the last commit. */
async function sourceDate(project: string): Promise<Date> {
  const named = process.env['SOURCE_DATE_EPOCH'] ?? '';
  if (/^\d+$/.test(named)) return new Date(Number(named) * 1000);
  const { stdout } = await run('git', ['log', '-1', '--format=%ct'], { cwd: project });
  return new Date(Number(stdout) * 1000);
}

async function filesOf(plan: Plan, { project, dist, downloads }: Places): Promise<PackagedFile[]> {
  const { target, version, maintainer, homepage, builtAt } = plan;
  const { licence } = await fetchNode(target, downloads);
  const licences = await licenceTexts(project, { version: target.node.version, licence });
  const changelog = debianChangelog(await readFile(join(project, 'CHANGELOG.md'), 'utf8'), maintainer, builtAt);
  const texts = {
    'usr/share/doc/localpaas/copyright': debianCopyright(licences, homepage),
    'usr/share/lintian/overrides/localpaas': lintianOverrides,
    'usr/share/bash-completion/completions/localpaas': completionScript('bash', commands),
    'usr/share/zsh/vendor-completions/_localpaas': completionScript('zsh', commands),
    'usr/share/fish/vendor_completions.d/localpaas.fish': completionScript('fish', commands),
  };
  const compressed = {
    'usr/share/doc/localpaas/changelog.gz': changelog,
    'usr/share/man/man1/localpaas.1.gz': manPage(version, builtAt),
  };
  const executable = await readFile(join(dist, `localpaas-${target.name}`));
  return [
    { path: 'usr/bin/localpaas', content: executable, mode: 0o755 },
    ...Object.entries(texts).map(([path, text]) => ({ path, content: Buffer.from(text) })),
    ...Object.entries(compressed).map(([path, text]) => ({ path, content: gzipSync(text, { level: 9 }) })),
  ];
}

async function controlFilesOf(plan: Plan, files: readonly PackagedFile[], places: Places): Promise<PackagedFile[]> {
  const natsServer = await fetchNatsServer(plan.target, places.downloads);
  const programs = [...files.filter(({ mode }) => mode !== undefined).map(({ content }) => content), natsServer.bytes];
  const control = controlFile({
    version: debianVersion(plan.version),
    architecture: plan.architecture,
    maintainer: plan.maintainer,
    homepage: plan.homepage,
    depends: dependsOf(
      programs.map((program) => needsOf(Buffer.from(program.buffer, program.byteOffset, program.length))),
    ),
    installedKb: files.reduce((sum, { content }) => sum + Math.ceil(content.length / 1024), 0),
  });
  const sums = files.map(({ path, content }) => `${createHash('md5').update(content).digest('hex')}  ${path}\n`);
  return [
    { path: 'DEBIAN/control', content: Buffer.from(control) },
    { path: 'DEBIAN/md5sums', content: Buffer.from(sums.sort().join('')) },
    ...(plan.target.bits === 32 ? [{ path: 'DEBIAN/preinst', content: Buffer.from(refuseArmv6), mode: 0o755 }] : []),
  ];
}

/** Whatever the user's umask is. */
async function place(root: string, { path, content, mode = 0o644 }: PackagedFile): Promise<void> {
  const file = join(root, path);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, content);
  await chmod(file, mode);
  for (let directory = dirname(file); directory.startsWith(root); directory = dirname(directory)) {
    await chmod(directory, 0o755);
  }
}

/** xz at its fastest makes the package 15 % larger than at its best, and takes a fifth of the time. */
async function build(root: string, file: string, builtAt: Date): Promise<void> {
  const env = { ...process.env, SOURCE_DATE_EPOCH: String(builtAt.getTime() / 1000) };
  try {
    await run('dpkg-deb', ['--root-owner-group', '-Zxz', '-z1', '--build', root, file], { env });
  } catch (error) {
    if (systemCodeOf(error) !== 'ENOENT') throw error;
    throw new Error('making a package for Debian takes dpkg-deb: `apt install dpkg`', { cause: error });
  }
}
