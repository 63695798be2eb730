import { execFile } from 'node:child_process';
import { copyFile, link, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import type { Target } from './targets.ts';

const run = promisify(execFile);
const limitMs = 180_000;

/** A Node program and the target it is for. */
export interface TargetNode {
  readonly target: Target;
  readonly program: string;
}

/**
 * Makes a single executable application of a Node and one script, with pkg. pkg would download Node; it takes what lies
 * in its cache under the right names as downloaded and checked, which is what the caller did.
 * @param host the Node of this machine, of the same version: it writes the blob
 * @returns the bytes; they do not depend on where this was done
 */
export async function makeExecutable(
  script: string,
  { target, program }: TargetNode,
  host: TargetNode,
  work: string,
): Promise<Buffer> {
  const directory = await mkdtemp(join(work, 'pkg-'));
  try {
    const cache = join(directory, '.pkg-cache/sea');
    for (const node of [{ target, program }, host]) await seed(cache, node);
    const [entry, output] = [join(directory, 'localpaas.cjs'), join(directory, 'executable')];
    await writeFile(entry, script);
    const pkg = join(dirname(createRequire(import.meta.url).resolve('@yao-pkg/pkg/package.json')), 'lib-es5/bin.js');
    const args = [pkg, '--sea', entry, '--target', target.pkg, '--output', output];
    const env = { PATH: process.env['PATH'], HOME: directory, TMPDIR: directory };
    await run(host.program, args, { cwd: directory, env, timeout: limitMs }).catch(explainFailure);
    return withoutPath(await readFile(output), entry);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** pkg says what is wrong on its standard output. */
function explainFailure(error: Error & { stdout?: string }): never {
  const complaint = (error.stdout ?? '')
    .split('\n')
    .filter((line) => line.includes('Error'))
    .join(' ');
  throw new Error(`pkg says: ${complaint || error.message}`);
}

async function seed(cache: string, { target, program }: TargetNode): Promise<void> {
  const system = target.name.startsWith('macos') ? 'darwin' : 'linux';
  const name = `node-v${target.node.version}-${system}-${target.name.split('-')[1]}`;
  const place = join(cache, name, 'bin/node');
  await mkdir(dirname(place), { recursive: true });
  await rm(place, { force: true }); // the target's may be this machine's
  await link(program, place).catch(() => copyFile(program, place)); // another file system
  for (const marker of [`${place}.ok`, join(cache, `${name}.tar.gz`), join(cache, `${name}.tar.gz.ok`)]) {
    await writeFile(marker, '');
  }
}

/** The script's path is in the blob; one of the same length, the same everywhere, takes its place. */
function withoutPath(executable: Buffer, path: string): Buffer {
  const neutral = `/localpaas${'/'.repeat(path.length)}`.slice(0, path.length - 'localpaas.cjs'.length);
  const replacement = `${neutral}localpaas.cjs`;
  for (let at = executable.indexOf(path); at >= 0; at = executable.indexOf(path, at)) {
    executable.write(replacement, at, 'latin1');
  }
  return executable;
}
