import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, copyFile, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompressSync, constants } from 'node:zlib';
import { stop } from 'esbuild';
import { inject } from 'postject';
import { crc32Of } from '#ground/crc32.ts';
import { sha256Of } from '#ground/digest.ts';
import { type CarriedFile, CarriedFiles, type Index, sourceIn } from '#packaging/carried-files.ts';
import { bundle } from '../../scripts/build.mjs';
import { assetsOf } from '../../scripts/package/assets.ts';
import { appendix, asProgram } from '../../scripts/package/carry.ts';
import { fuse } from '../../scripts/package/sea-32-bit.ts';
import { natsServerProgram } from './programs.ts';

const projectDirectory = resolve(import.meta.dirname, '..', '..');
const cache = join(projectDirectory, '.cache', 'stand-in');

/** What a made-up executable is to be like. */
export interface Wanted {
  readonly version: string;
  /** Source text of the function with this name, which takes the place of the real one. */
  readonly instead?: { readonly name: string; readonly body: string };
}

/**
 * Writes an executable to `path` that differs from the one which is tested in its version, or in what is wrong with it.
 * Where none is tested it is made of the Node that runs the test and of what the build made.
 */
export async function makeExecutable(path: string, wanted: Wanted): Promise<string> {
  const base = await baseExecutable();
  const carried = new CarriedFiles(sourceIn(base));
  const { natsServer, node, files } = carried.index;
  // What V8 compiled was another program.
  const carriedOn = Object.entries(files).filter(([name]) => !name.startsWith('compiled-'));
  const changed = changedPrograms(carried, wanted);
  const parts = carriedOn.map(([name, file]): [string, Packed] => {
    const program = changed.get(name);
    return [name, program === undefined ? packedIn(base, carried.at, file) : packed(Buffer.from(program, 'latin1'))];
  });
  await writeFile(path, await whole(base.subarray(0, carried.at), parts, { natsServer, node }));
  await chmod(path, 0o755);
  return path;
}

/** The halves of the program, or where there are none the program, by name. */
function changedPrograms(carried: CarriedFiles, { version, instead }: Wanted): ReadonlyMap<string, string> {
  const names = ['program', 'commands'].filter((name) => name in carried.index.files);
  let programs = names.map((name) => carried.readSync(name).toString('latin1'));
  const told = /(function programVersion\(\)\s*\{[^}]*?return\s*)"[^"]*"/;
  programs = replaced(programs, told, `$1${JSON.stringify(version)}`);
  if (instead !== undefined) {
    const head = new RegExp(`async function ${instead.name}\\(`);
    programs = replaced(programs, head, `async function ${instead.name}() { ${instead.body} }\nasync function unused(`);
  }
  return new Map(names.map((name, at) => [name, programs[at] ?? '']));
}

function replaced(texts: readonly string[], pattern: RegExp, by: string): string[] {
  if (!texts.some((text) => pattern.test(text))) throw new Error(`The program has no ${pattern}.`);
  return texts.map((text) => text.replace(pattern, by));
}

let base: Promise<Buffer> | undefined;

function baseExecutable(): Promise<Buffer> {
  const tested = process.env['LOCALPAAS'] ?? '';
  base ??= tested === '' ? standIn() : readFile(tested);
  return base;
}

/** Made once for this Node and what it runs first; the program itself comes from the build each time. */
async function standIn(): Promise<Buffer> {
  const { code } = await bundle(projectDirectory, { entry: 'src/packaging/executable-main.ts' });
  await stop(); // esbuild's service would keep this process
  const id = createHash('sha256').update(code).update(process.version).digest('hex').slice(0, 16);
  const node = await cached(`node-${id}`, (path) => makeApplication(path, code));
  const parts: [string, Packed][] = [
    ['program', packed(asProgram(await readFile(join(projectDirectory, 'dist', 'localpaas-bundle.cjs'), 'latin1')))],
    ['assets', packed(Buffer.from(JSON.stringify(assetsOf(projectDirectory))))],
    ['licences', packed(Buffer.from('for tests only'))],
    ['nats-server', packed(await readFile(await natsServerProgram()))],
  ];
  const fuseAt = node.indexOf(`${fuse}:1`) + fuse.length + 1;
  const index = { natsServer: { version: '2.10.27', origin: 'a test' }, node: { sha256: sha256Of(node), fuseAt } };
  return whole(node, parts, index);
}

async function makeApplication(path: string, code: string): Promise<void> {
  const directory = await mkdtemp(join(cache, 'application-'));
  try {
    const [main, blob, config] = ['main.cjs', 'blob', 'config.json'].map((name) => join(directory, name));
    await writeFile(main ?? '', code);
    await writeFile(config ?? '', JSON.stringify({ main, output: blob, disableExperimentalSEAWarning: true }));
    await promisify(execFile)(process.execPath, ['--experimental-sea-config', config ?? '']);
    await copyFile(process.execPath, path);
    await chmod(path, 0o755);
    await inject(path, 'NODE_SEA_BLOB', await readFile(blob ?? ''), { sentinelFuse: fuse });
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

async function cached(name: string, make: (path: string) => Promise<void>): Promise<Buffer> {
  await mkdir(cache, { recursive: true });
  const path = join(cache, name);
  if (!existsSync(path)) {
    const temporary = `${path}.${process.pid}.tmp`;
    await make(temporary);
    await rename(temporary, path);
  }
  return readFile(path);
}

/** The pieces of a file as they are carried, and what they become. */
interface Packed extends Pick<CarriedFile, 'packing'> {
  readonly sha256: string;
  readonly pieces: readonly { readonly content: Buffer; readonly bytes: number }[];
}

/** Quicker than the packager packs, and larger. */
function packed(content: Buffer): Packed {
  const compressed = brotliCompressSync(content, { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } });
  return {
    sha256: sha256Of(content),
    packing: 'brotli',
    pieces: [{ content: compressed, bytes: content.length }],
  };
}

function packedIn(executable: Buffer, from: number, { sha256, packing, parts }: CarriedFile): Packed {
  const pieces = parts.map(({ at, length, bytes }) => ({
    content: executable.subarray(from + at, from + at + length),
    bytes,
  }));
  return { sha256, packing, pieces };
}

async function whole(node: Buffer, files: readonly [string, Packed][], index: Omit<Index, 'files'>): Promise<Buffer> {
  let at = 0;
  const carried = files.map(([name, { sha256, packing, pieces }]): [string, CarriedFile] => {
    const parts = pieces.map(({ content, bytes }) => {
      const part = { at, length: content.length, bytes };
      at += content.length;
      return part;
    });
    const carriedCrc32 = crc32Of(...pieces.map(({ content }) => content));
    return [name, { sha256, carriedCrc32, packing, parts }];
  });
  const bytes = Buffer.concat(files.flatMap(([, { pieces }]) => pieces.map(({ content }) => content)));
  return Buffer.concat([node, appendix({ files: Object.fromEntries(carried), bytes }, index)]);
}
