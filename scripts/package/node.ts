import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { extract } from 'tar';
import { systemCodeOf } from '#ground/errors.ts';
import { sha256Of } from '#packaging/program-records.ts';
import type { Target } from './targets.ts';
import { withoutSymbols } from './without-symbols.ts';

const run = promisify(execFile);

/** A Node as its packages on the npm registry carry it: the official build. */
export interface NodeFiles {
  /** Of the targets which `isStripped` names without what only debuggers read. */
  readonly program: string;
  readonly licence: string;
}

/**
 * The Node of a target, fetched from the npm registry (npm itself would refuse to install it elsewhere) and kept.
 * @throws Error when it cannot be had, or is not what is pinned in downloads.lock.json
 */
export async function fetchNode(target: Target, downloads: string): Promise<NodeFiles> {
  const { name, node } = target;
  const archive = join(downloads, `${node.package}-${node.version}.tgz`);
  if (!(await isThere(archive))) await pack(`${node.package}@${node.version}`, downloads);
  const sha256 = await sha256Of(archive);
  if (sha256 !== node.sha256) {
    await rm(archive);
    throw new Error(`${node.package}@${node.version} has the sha256 ${sha256}, not ${node.sha256} as recorded`);
  }
  const kind = isStripped(target) ? 'stripped-' : '';
  const directory = join(downloads, `node-${kind}${name}-${sha256.slice(0, 16)}`);
  if (!(await isThere(directory))) await unpack(archive, directory, isStripped(target));
  return { program: join(directory, 'bin/node'), licence: await readFile(join(directory, 'LICENSE'), 'utf8') };
}

/** 17 MB less. The 32-bit one is small enough, and a signature of macOS covers everything. */
export function isStripped({ machine, bits }: Target): boolean {
  return machine !== undefined && bits === 64;
}

async function pack(wanted: string, downloads: string): Promise<void> {
  const scratch = await mkdtemp(join(downloads, '.npm-'));
  try {
    const { npm_execpath: npm } = process.env;
    const [program, ...first] = npm === undefined ? ['npm'] : [process.execPath, npm];
    await run(program, [...first, 'pack', '--silent', '--pack-destination', scratch, wanted], { cwd: scratch });
    const file = `${wanted.replace('@', '-')}.tgz`;
    await rename(join(scratch, file), join(downloads, file));
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

async function unpack(archive: string, directory: string, strip: boolean): Promise<void> {
  const scratch = `${directory}.${process.pid}.tmp`;
  await mkdir(scratch, { recursive: true });
  try {
    const wanted = ['package/bin/node', 'package/LICENSE'];
    await extract({ file: archive, cwd: scratch, strip: 1, filter: (path) => wanted.includes(path) });
    const program = join(scratch, 'bin/node');
    if (strip) await writeFile(program, withoutSymbols(await readFile(program)));
    await rename(scratch, directory);
  } catch (error) {
    if (systemCodeOf(error) !== 'ENOTEMPTY') throw error; // another run was faster
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

async function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
