import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { messageOf } from '#ground/errors.ts';
import { archivesOf, type Source, stanzaOf } from './debian-sources.ts';

const run = promisify(execFile);
const commandMs = 180_000;

interface Wanted {
  /** As Debian spells it; the machine's own when absent. */
  readonly architecture?: string;
  readonly aptDirectory?: string;
}

/**
 * Fetches Debian's package of nats-server and returns the program in it, with the text of its licence.
 * @throws Error saying what stands in the way
 */
export function fetchFromDebian(
  wanted: Wanted = {},
): Promise<{ bytes: Uint8Array; packageVersion: string; licence: string }> {
  return withDebianPackages(['nats-server'], wanted, async (content, [file = '']) => {
    const { stdout } = await run('dpkg-deb', ['-f', file, 'Version']);
    return {
      bytes: await readFile(join(content, 'usr/sbin/nats-server')),
      packageVersion: stdout.trim(),
      licence: await readFile(join(content, 'usr/share/doc/nats-server/copyright'), 'utf8'),
    };
  });
}

/**
 * Fetches packages of Debian through apt, which checks their signatures, and unpacks them. Works as an ordinary user and
 * changes nothing on the system: apt gets directories of its own, and nothing is installed (installing nats-server would
 * start it at boot).
 * @param use gets the directory of their content and the packages themselves; both are removed afterwards
 * @throws Error saying what stands in the way
 */
export async function withDebianPackages<T>(
  names: readonly string[],
  { architecture, aptDirectory = '/etc/apt' }: Wanted,
  use: (content: string, files: readonly string[]) => Promise<T>,
): Promise<T> {
  const archives = archivesOf(await aptFiles(aptDirectory));
  if (archives.length === 0) throw new Error('this machine gets no packages from a Debian archive');
  const failures: string[] = [];
  for (const archive of archives) {
    const directory = await mkdtemp(join(tmpdir(), 'localpaas-apt-'));
    try {
      const files = await download(names, archive, architecture, directory);
      return await use(join(directory, 'content'), files);
    } catch (cause) {
      failures.push(`${archive.uri} ${archive.suite}: ${reasonOf(cause)}`);
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  }
  throw new Error(failures.join('; '));
}

/** As Debian spells it, e.g. `armhf`. */
export async function debianArchitecture(): Promise<string> {
  const { stdout } = await run('dpkg', ['--print-architecture']);
  return stdout.trim();
}

async function aptFiles(directory: string): Promise<{ name: string; text: string }[]> {
  const folder = join(directory, 'sources.list.d');
  const names = await readdir(folder).catch(() => []); // no such folder: no such files
  const paths = [
    join(directory, 'sources.list'),
    ...names.filter((name) => /\.(list|sources)$/.test(name)).map((name) => join(folder, name)),
  ];
  return Promise.all(
    // A file of a source that needs a password may be closed to us: the distribution's own is not.
    paths.map(async (name) => ({ name, text: await readFile(name, 'utf8').catch(() => '') })),
  );
}

async function download(
  names: readonly string[],
  archive: Source,
  architecture: string | undefined,
  directory: string,
): Promise<string[]> {
  const env = { ...process.env, LC_ALL: 'C', APT_CONFIG: await privateConfiguration(directory, archive, architecture) };
  await run('apt-get', ['update', '-qq'], { cwd: directory, env, timeout: commandMs });
  await run('apt-get', ['download', '-qq', ...names], { cwd: directory, env, timeout: commandMs });
  const files = (await readdir(directory)).filter((name) => name.endsWith('.deb')).sort();
  if (files.length < names.length) throw new Error(`apt-get downloaded only ${files.join(', ') || 'nothing'}`);
  for (const file of files) await run('dpkg-deb', ['-x', file, 'content'], { cwd: directory, env, timeout: commandMs });
  return files.map((file) => join(directory, file));
}

/** Sources, lists and cache of its own, no hooks of the system; proxies and the like stay as the machine has them. */
async function privateConfiguration(directory: string, archive: Source, architecture?: string): Promise<string> {
  await mkdir(join(directory, 'lists/partial'), { recursive: true });
  await mkdir(join(directory, 'cache/archives/partial'), { recursive: true });
  await writeFile(join(directory, 'status'), '');
  await writeFile(join(directory, 'archive.sources'), stanzaOf(archive));
  const path = join(directory, 'apt.conf');
  const foreign = `APT::Architecture "${architecture}";\nAPT::Architectures { "${architecture}"; };\n`;
  await writeFile(
    path,
    `#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
Dir::Etc::sourcelist "${directory}/archive.sources";
Dir::Etc::sourceparts "/dev/null";
Dir::State::lists "${directory}/lists";
Dir::State::status "${directory}/status";
Dir::Cache "${directory}/cache";
APT::Sandbox::User "";
Acquire::Languages "none";
Acquire::Retries "1";
Acquire::http::Timeout "15";
Acquire::https::Timeout "15";
${architecture === undefined ? '' : foreign}`,
  );
  return path;
}

/** What apt complained of, without the command line that Node puts before it. */
function reasonOf(error: unknown): string {
  const complaint = error instanceof Error && 'stderr' in error ? String(error.stderr).trim() : '';
  return complaint === '' ? messageOf(error) : complaint.replaceAll(/\s*\n\s*/g, ' ');
}
