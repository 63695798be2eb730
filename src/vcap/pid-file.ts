import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { ActionableError, messageOf } from '#ground/errors.ts';
import { readIfThere } from '#ground/files.ts';
import { identityOf } from '#ground/processes.ts';

/**
 * Notes our pid in a file, as components of 2012 do: its directories are made, and who finds the pid of a process that
 * runs does not start. Disposing it removes the file, when it is still ours.
 * @throws ActionableError ALREADY_RUNNING, START_FAILED
 */
export async function takePidFile(path: string): Promise<AsyncDisposable> {
  const other = Number.parseInt((await readIfThere(path).catch(() => undefined)) ?? '', 10);
  if (Number.isInteger(other) && other > 0 && other !== process.pid && (await identityOf(other)) !== undefined) {
    throw new ActionableError(
      'ALREADY_RUNNING',
      `Another one runs already: ${path} names the pid ${other}.`,
      `Stop it with \`kill ${other}\`, or name another pid file.`,
    );
  }
  try {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, `${process.pid}\n`, { mode: 0o644 });
  } catch (cause) {
    const remedy = 'Name a pid file in a directory that can be written to.';
    throw new ActionableError('START_FAILED', `Can't create pid file ${path}: ${messageOf(cause)}.`, remedy, { cause });
  }
  return {
    async [Symbol.asyncDispose](): Promise<void> {
      const text = await readFile(path, 'utf8').catch(() => '');
      if (Number.parseInt(text, 10) === process.pid) await rm(path, { force: true });
    },
  };
}
