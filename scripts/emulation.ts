import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, mkdir, readFile, rename, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { withDebianPackages } from './nats-server/debian-package.ts';

const run = promisify(execFile);

/** By Debian's names for architectures, qemu's. */
const processors: Readonly<Record<string, string>> = { amd64: 'x86_64', arm64: 'aarch64', armhf: 'arm' };

/** What Node and a nats-server of Debian are linked with. */
const libraries = ['libc6', 'libstdc++6', 'libgcc-s1', 'libatomic1'];

const registry = '/proc/sys/fs/binfmt_misc';

/**
 * Sees to it that programs for another architecture run here, whoever starts them: the kernel hands them to qemu, and
 * qemu finds their libraries. Installs what is missing, which takes root on a Debian machine, and changes nothing where
 * nothing is missing.
 * @param architecture as Debian spells it
 * @param cache where the libraries are kept
 * @throws Error saying what is missing
 */
export async function emulate(architecture: string, cache: string): Promise<void> {
  const processor = processors[architecture];
  if (processor === undefined) throw new Error(`Nothing is known about emulating ${architecture}.`);
  await registerEmulator(processor);
  await provideLibraries(architecture, processor, cache);
}

async function registerEmulator(processor: string): Promise<void> {
  const name = `qemu-${processor}`;
  if (existsSync(join(registry, name))) return;
  const configuration = `/usr/lib/binfmt.d/${name}.conf`;
  needRoot(`to let the kernel run programs for ${processor} with qemu`);
  if (!existsSync(configuration)) await install('qemu-user-static');
  if (!existsSync(join(registry, 'register'))) await run('mount', ['-t', 'binfmt_misc', 'binfmt_misc', registry]);
  if (existsSync(join(registry, name))) return; // its installation did it
  await writeFile(join(registry, 'register'), (await readFile(configuration, 'utf8')).trim());
}

/** qemu looks for libraries below this directory first. */
async function provideLibraries(architecture: string, processor: string, cache: string): Promise<void> {
  const prefix = `/etc/qemu-binfmt/${processor}`;
  const isThere = await stat(prefix).then(
    () => true,
    () => false, // missing, or a link to what was removed
  );
  if (isThere) return;
  needRoot(`to put libraries for ${architecture} where qemu looks for them, ${prefix}`);
  const directory = join(cache, `libraries-${architecture}`);
  if (!existsSync(directory)) await unpackLibraries(architecture, directory);
  await mkdir('/etc/qemu-binfmt', { recursive: true });
  await rm(prefix, { force: true });
  await symlink(directory, prefix);
}

async function unpackLibraries(architecture: string, directory: string): Promise<void> {
  const scratch = `${directory}.${process.pid}.tmp`;
  try {
    await withDebianPackages(libraries, { architecture }, (content) =>
      cp(content, scratch, { recursive: true, verbatimSymlinks: true }),
    );
    // Debian's packages leave to the system that /lib is /usr/lib.
    if (!existsSync(join(scratch, 'lib'))) await symlink('usr/lib', join(scratch, 'lib'));
    await rename(scratch, directory);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

function needRoot(why: string): void {
  if (process.getuid?.() !== 0) throw new Error(`Root is needed once ${why}: run this as root.`);
}

async function install(name: string): Promise<void> {
  console.log(`Installing ${name} …`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const options = ['-qq', '-o', 'DPkg::Lock::Timeout=120', '-o', 'Acquire::Retries=3'];
  await run('apt-get', [...options, 'update'], { env });
  await run('apt-get', [...options, 'install', '--yes', '--no-install-recommends', name], { env });
}
