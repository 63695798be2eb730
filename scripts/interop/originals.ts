import { execFile } from 'node:child_process';
import { access, constants } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { AsyncDisposableStack } from '#ground/async-disposable-stack.ts';
import { messageOf } from '#ground/errors.ts';
import { scratchDirectory } from '../../test/support/scratch.ts';
import { type Original, originals, startMixedPlatform } from './mixed-platform.ts';
import { useApp } from './use-app.ts';

/** Names a folder with originals: programs `stager`, `dea`, `health_manager`, `router`, each taking `-c FILE`. */
const variable = 'LOCALPAAS_ORIGINALS';

/** Has each original that is there take the place of ours while all else is ours. @returns how many failed */
export async function tryOriginals(): Promise<number> {
  let failures = 0;
  for (const original of originals) {
    const name = `the original ${original} in the place of ours`;
    const found = await programOf(original);
    if ('absent' in found) {
      console.log(`not run  ${name}: ${found.absent}`);
      continue;
    }
    try {
      console.log(`passed   ${name}: ${await tryOne(original, found.program)}`);
    } catch (error) {
      failures += 1;
      console.log(`FAILED   ${name}: ${messageOf(error)}`);
    }
  }
  return failures;
}

async function programOf(original: Original): Promise<{ absent: string } | { program: string }> {
  const folder = process.env[variable];
  if (folder === undefined || folder === '') return { absent: `${variable} names no folder that has it` };
  const program = join(resolve(folder), original);
  const isThere = await access(program, constants.X_OK).then(
    () => true,
    () => false,
  );
  if (!isThere) return { absent: `there is no program ${program}` };
  const hasSinatra = await promisify(execFile)('ruby', ['-e', 'require "sinatra/base"']).then(
    () => true,
    () => false,
  );
  return hasSinatra ? { program } : { absent: 'there is no Ruby with Sinatra for the app that is tried' };
}

async function tryOne(original: Original, program: string): Promise<string> {
  await using undo = new AsyncDisposableStack();
  const folder = await scratchDirectory(undo);
  const platform = await startMixedPlatform(undo, folder, { original, program });
  try {
    return await useApp(platform);
  } catch (error) {
    throw new Error(`${messageOf(error)}\n${platform.said()}`, { cause: error });
  }
}
