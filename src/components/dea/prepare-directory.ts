import { chmod, lstat, mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { ActionableError, systemCodeOf } from '#ground/errors.ts';
import { shellWord } from './shell-word.ts';

/** Stands in a `startup` for the path of the runtime. */
export const runtimeToken = '%VCAP_LOCAL_RUNTIME%';
const startupMode = 0o500;
/** How startups of 2012 ask Ruby for a library which it lost with 2.5, before they name the droplet's own directory. */
const rubygemsOption = /^export RUBYOPT=".*-rubygems\b.*-I\$PWD\/ruby\b/m;
/** Staging may have installed many more files than a user may send. */
const maxFiles = 500_000;

/**
 * Unpacks a droplet into `directory`, which is made when missing and must be empty. When it fails nothing is left there.
 * @param archive a path, or the bytes
 * @throws ActionableError BAD_INPUT, DISK_FULL; the signal's reason
 */
export async function unpackDroplet(
  archive: string | Readable,
  directory: string,
  maxBytes: number,
  signal?: AbortSignal,
): Promise<void> {
  const { extractTarGz } = await loadUnpacking();
  // Any link will do: nothing is written through one, and a running app can make the same.
  await extractTarGz(archive, directory, { limits: { maxBytes, maxFiles }, links: 'any', signal });
}

/**
 * Makes an unpacked droplet ready to run: the token in `startup` becomes the runtime's path. A droplet that a stager of 2012
 * made gets the empty library without which its script ends on a Ruby of today.
 * @param runtime the program for the token; an app that needs none has no token
 * @throws ActionableError BAD_INPUT when this is no droplet
 */
export async function makeRunnable(directory: string, runtime: string | undefined): Promise<void> {
  for (const name of ['logs', 'tmp']) await ensureRealDirectory(directory, name);
  await adaptStartup(join(directory, 'startup'), runtime);
}

/** What unpacks is loaded when it is needed, or a moment before: most of the time nothing is unpacked. */
export function loadUnpacking() {
  return import('#ground/tar.ts');
}

/** The app's log is read and shown: a link here would show any file of this machine. */
async function ensureRealDirectory(directory: string, name: string): Promise<void> {
  const path = join(directory, name);
  await mkdir(path, { mode: 0o755 }).catch(unlessThere);
  if (!(await lstat(path)).isDirectory()) throw notADroplet(`its \`${name}\` is not a directory`);
}

async function adaptStartup(path: string, runtime: string | undefined): Promise<void> {
  const status = await lstat(path).catch(() => undefined);
  if (status === undefined) throw notADroplet('it has no `startup`, the script that starts the app');
  if (!status.isFile()) throw notADroplet('its `startup` is not a file');
  // A script that names no runtime is left as it is, byte for byte.
  const script = await readFile(path, 'latin1');
  if (rubygemsOption.test(script)) await addRubygems(dirname(path));
  if (script.includes(runtimeToken) && runtime !== undefined) {
    const word = Buffer.from(shellWord(runtime)).toString('latin1');
    await chmod(path, 0o700);
    await writeFile(
      path,
      script.replaceAll(runtimeToken, () => word),
      'latin1',
    );
  }
  await chmod(path, startupMode);
}

/** What the droplet has there stays. */
async function addRubygems(directory: string): Promise<void> {
  const own = join(directory, 'ruby');
  await mkdir(own, { mode: 0o755 }).catch(unlessThere);
  if (!(await lstat(own)).isDirectory()) return;
  await writeFile(join(own, 'ubygems.rb'), '', { flag: 'wx', mode: 0o644 }).catch(unlessThere);
}

function unlessThere(error: unknown): void {
  if (systemCodeOf(error) !== 'EEXIST') throw error;
}

function notADroplet(why: string): ActionableError {
  return new ActionableError('BAD_INPUT', `The droplet cannot be used: ${why}.`, 'Stage the app again.');
}
