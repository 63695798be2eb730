import { constants } from 'node:fs';
import { access, open, stat } from 'node:fs/promises';
import { isAbsolute, join, resolve } from 'node:path';
import type { ChildOptions } from '#ground/child.ts';
import { ActionableError, systemCodeOf } from '#ground/errors.ts';

/**
 * What would keep a program from being started, found before others are started to become it.
 * @throws what `startChild` throws then
 */
export async function checkStartable({ program, cwd = '/', env }: ChildOptions): Promise<void> {
  try {
    await stat(cwd);
  } catch (cause) {
    throw new Error(`'${program}' cannot be started in ${cwd}: there is no such directory.`, { cause });
  }
  try {
    await checkProgram(await found(program, cwd, env['PATH'] ?? ''));
  } catch (cause) {
    const code = systemCodeOf(cause);
    if (code !== 'ENOENT' && code !== 'EACCES') throw cause;
    throw new ActionableError(
      'PROGRAM_NOT_FOUND',
      `The program '${program}' cannot be started: ${(cause as Error).message}.`,
      'Check that it is installed and may be executed.',
      { cause },
    );
  }
}

async function found(program: string, cwd: string, path: string): Promise<string> {
  if (program.includes('/')) return resolve(cwd, program);
  let problem: unknown;
  for (const directory of path.split(':')) {
    const file = isAbsolute(directory) ? join(directory, program) : resolve(cwd, directory, program);
    try {
      await checkProgram(file);
      return file;
    } catch (error) {
      // One that is there and may not be executed is worth more words than one that is not there.
      if (problem === undefined || systemCodeOf(error) === 'EACCES') problem = error;
    }
  }
  throw problem;
}

async function checkProgram(file: string): Promise<void> {
  await access(file, constants.X_OK);
  if ((await stat(file)).isDirectory()) throw Object.assign(new Error('EACCES: it is a directory'), { code: 'EACCES' });
  const interpreter = await interpreterOf(file);
  if (interpreter !== undefined) await access(interpreter, constants.X_OK);
}

/** What the first line of a script names. */
async function interpreterOf(file: string): Promise<string | undefined> {
  const handle = await open(file, 'r').catch(() => undefined); // programs may be closed to readers
  if (handle === undefined) return undefined;
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(256), 0, 256, 0);
    return /^#![ \t]*(\/[^\s]+)/.exec(buffer.toString('latin1', 0, bytesRead))?.[1];
  } finally {
    await handle.close();
  }
}
