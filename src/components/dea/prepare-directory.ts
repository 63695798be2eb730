import { chmodSync, lstatSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { ActionableError } from '#ground/errors.ts';
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
 * made gets the empty library without which its script ends on a Ruby of today. The calls are synchronous: these few are
 * quicker so, and somebody waits for the app.
 * @param runtime the program for the token; an app that needs none has no token
 * @throws ActionableError BAD_INPUT when this is no droplet
 */
export function makeRunnable(directory: string, runtime: string | undefined): void {
  for (const name of ['logs', 'tmp']) {
    // The app's log is read and shown: a link here would show any file of this machine.
    if (!ensureRealDirectory(join(directory, name))) throw notADroplet(`its \`${name}\` is not a directory`);
  }
  adaptStartup(join(directory, 'startup'), runtime);
}

/** What unpacks is loaded when it is needed, or a moment before: most of the time nothing is unpacked. */
export function loadUnpacking() {
  return import('#ground/tar.ts');
}

/** @returns whether there is one now */
function ensureRealDirectory(path: string): boolean {
  const status = lstatSync(path, { throwIfNoEntry: false });
  if (status === undefined) mkdirSync(path, { mode: 0o755 });
  return status?.isDirectory() ?? true;
}

function adaptStartup(path: string, runtime: string | undefined): void {
  const status = lstatSync(path, { throwIfNoEntry: false });
  if (status === undefined) throw notADroplet('it has no `startup`, the script that starts the app');
  if (!status.isFile()) throw notADroplet('its `startup` is not a file');
  // A script that names no runtime is left as it is, byte for byte.
  const script = readFileSync(path, 'latin1');
  if (rubygemsOption.test(script)) addRubygems(dirname(path));
  if (script.includes(runtimeToken) && runtime !== undefined) {
    const word = Buffer.from(shellWord(runtime)).toString('latin1');
    chmodSync(path, 0o700);
    writeFileSync(
      path,
      script.replaceAll(runtimeToken, () => word),
      'latin1',
    );
  }
  chmodSync(path, startupMode);
}

/** What the droplet has there stays. */
function addRubygems(directory: string): void {
  const own = join(directory, 'ruby');
  const library = join(own, 'ubygems.rb');
  if (!ensureRealDirectory(own) || lstatSync(library, { throwIfNoEntry: false }) !== undefined) return;
  writeFileSync(library, '', { flag: 'wx', mode: 0o644 });
}

function notADroplet(why: string): ActionableError {
  return new ActionableError('BAD_INPUT', `The droplet cannot be used: ${why}.`, 'Stage the app again.');
}
