import { constants } from 'node:fs';
import { access, chmod, copyFile, mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { syncDirectory, temporaryNameFor } from '#ground/files.ts';
import { cacheDirectories } from './cache-directories.ts';
import { type CarriedFiles, damaged } from './carried-files.ts';
import { carriedFiles } from './executable.ts';
import { inCache, isExecutable, makeWay, tidyCache } from './in-cache.ts';
import { removeLeftovers } from './keep-program.ts';

type Env = Readonly<Record<string, string | undefined>>;

/**
 * The Node for apps on a machine without one: the one that runs this program. An executable contains it: a copy whose
 * switch "this is a single executable application" is off, and without the files it carries, is Node again, with all
 * its options, `fork()` and `cluster`. It costs the copy's size on disk, once, and only where it is needed.
 * @returns a path where nothing may be until `provideOwnNode`; `undefined` where there can be no copy
 */
export function ownNode(env: Env): string | undefined {
  const files = carriedFiles();
  if (files === undefined) return process.execPath;
  if (files.index.node.fuseAt === null) return undefined;
  return join(cacheDirectories(env)[0] ?? '', nameOf(files));
}

/**
 * Sees to it that our own Node is there, when that is what `program` is.
 * @returns where it is: somewhere else, when the best cache directory cannot be used
 * @throws ActionableError CACHE_NOT_USABLE, EXECUTABLE_DAMAGED
 */
export async function provideOwnNode(program: string, env: Env): Promise<string> {
  const files = carriedFiles();
  if (files === undefined || program !== ownNode(env)) return program;
  return inCache(env, 'its Node', {
    async find(directory) {
      const path = join(directory, nameOf(files));
      return (await isWhole(path, files.at)) ? path : undefined;
    },
    make: (directory) => unpackNode(files, join(directory, nameOf(files))),
  });
}

function nameOf({ index }: CarriedFiles): string {
  return join(`node-${process.version}-${index.node.sha256.slice(0, 16)}`, 'node');
}

async function unpackNode(files: CarriedFiles, path: string): Promise<string> {
  const directory = dirname(path);
  await makeWay(directory, 'directory');
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const temporary = temporaryNameFor(path);
  try {
    await copyFile(
      process.platform === 'linux' ? '/proc/self/exe' : process.execPath,
      temporary,
      constants.COPYFILE_FICLONE,
    );
    await chmod(temporary, 0o700);
    await turnIntoNode(temporary, files);
    await access(temporary, constants.X_OK);
    await makeWay(path, 'file');
    await rename(temporary, path);
    await syncDirectory(directory);
    await removeLeftovers(directory);
    await tidyCache(dirname(directory), basename(directory));
    return path;
  } finally {
    await rm(temporary, { force: true });
  }
}

/** Makes Node of a copy of an executable. @throws ActionableError EXECUTABLE_DAMAGED */
export async function turnIntoNode(copy: string, { at: size, index }: CarriedFiles): Promise<void> {
  const fuseAt = index.node.fuseAt ?? 0;
  const file = await open(copy, 'r+');
  try {
    const { buffer } = await file.read(Buffer.alloc(1), 0, 1, fuseAt);
    if (buffer.toString('latin1') !== '1') throw damaged('its Node is not as it was built');
    await file.truncate(size);
    await file.write('0', fuseAt);
    await file.sync();
  } finally {
    await file.close();
  }
}

async function isWhole(path: string, size: number): Promise<boolean> {
  const found = await stat(path);
  return found.isFile() && found.size === size && (await isExecutable(path));
}
