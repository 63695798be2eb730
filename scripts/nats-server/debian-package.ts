import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { messageOf } from '#ground/errors.ts';
import { archivesOf, type Source, stanzaOf } from './debian-sources.ts';

const run = promisify(execFile);
const commandMs = 180_000;

/**
 * Fetches Debian's package of nats-server through apt, which checks its signature, and returns the program in it. Works
 * as an ordinary user and changes nothing on the system: apt gets directories of its own, and nothing is installed
 * (installing would start a server at boot).
 * @throws Error saying what stands in the way
 */
export async function fetchFromDebian(
  aptDirectory = '/etc/apt',
): Promise<{ bytes: Uint8Array; packageVersion: string }> {
  const archives = archivesOf(await aptFiles(aptDirectory));
  if (archives.length === 0) throw new Error('this machine gets no packages from a Debian archive');
  const failures: string[] = [];
  for (const archive of archives) {
    try {
      return await fetchFrom(archive);
    } catch (cause) {
      failures.push(`${archive.uri} ${archive.suite}: ${reasonOf(cause)}`);
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

async function fetchFrom(archive: Source): Promise<{ bytes: Uint8Array; packageVersion: string }> {
  const directory = await mkdtemp(join(tmpdir(), 'localpaas-apt-'));
  try {
    const env = { ...process.env, LC_ALL: 'C', APT_CONFIG: await privateConfiguration(directory, archive) };
    await run('apt-get', ['update', '-qq'], { cwd: directory, env, timeout: commandMs });
    await run('apt-get', ['download', '-qq', 'nats-server'], { cwd: directory, env, timeout: commandMs });
    const [file] = (await readdir(directory)).filter((name) => name.endsWith('.deb'));
    if (file === undefined) throw new Error('apt-get downloaded nothing');
    await run('dpkg-deb', ['-x', file, 'content'], { cwd: directory, env, timeout: commandMs });
    const { stdout } = await run('dpkg-deb', ['-f', file, 'Version'], { cwd: directory, env });
    return { bytes: await readFile(join(directory, 'content/usr/sbin/nats-server')), packageVersion: stdout.trim() };
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** Sources, lists and cache of its own, no hooks of the system; proxies and the like stay as the machine has them. */
async function privateConfiguration(directory: string, archive: Source): Promise<string> {
  await mkdir(join(directory, 'lists/partial'), { recursive: true });
  await mkdir(join(directory, 'cache/archives/partial'), { recursive: true });
  await writeFile(join(directory, 'status'), '');
  await writeFile(join(directory, 'archive.sources'), stanzaOf(archive));
  const path = join(directory, 'apt.conf');
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
`,
  );
  return path;
}

/** What apt complained of, without the command line that Node puts before it. */
function reasonOf(error: unknown): string {
  const complaint = error instanceof Error && 'stderr' in error ? String(error.stderr).trim() : '';
  return complaint === '' ? messageOf(error) : complaint.replaceAll(/\s*\n\s*/g, ' ');
}
