import { readdirSync, statSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { AsyncDisposableStack } from '#ground/async-disposable-stack.ts';
import { ActionableError, messageOf } from '#ground/errors.ts';
import { glob } from './glob.ts';

const webFrameworks = ['java_web', 'spring', 'grails', 'lift'];

export interface SourceQuestion {
  readonly sourceDir: string;
  /** The framework that was asked for, or `auto`. */
  readonly asked: string;
  /** An archive is unpacked here; it goes with the scope. */
  readonly unpackDir: string;
  readonly signal: AbortSignal | undefined;
}

/**
 * Where an app's files really begin: in a .war that is all there is, or in the one directory that Play's packager puts
 * everything in. @throws ActionableError STAGING_FAILED for a damaged archive
 */
export async function findAppSource(
  scope: AsyncDisposableStack,
  { sourceDir, asked, unpackDir, signal }: SourceQuestion,
): Promise<string> {
  const [only, ...others] = readdirSync(sourceDir).filter((name) => !name.startsWith('.'));
  if (only === undefined || others.length > 0) return sourceDir;
  const path = join(sourceDir, only);
  const isDirectory = statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
  if (isDirectory && ['auto', 'play'].includes(asked) && glob(path, 'lib/play.*.jar').length > 0) return path;
  if (isDirectory || !only.endsWith('.war') || !['auto', ...webFrameworks].includes(asked)) return sourceDir;

  const { extractZip } = await import('#ground/unzip.ts');
  scope.defer(() => rm(unpackDir, { recursive: true, force: true }));
  try {
    await extractZip(path, unpackDir, { signal });
  } catch (cause) {
    signal?.throwIfAborted();
    const remedy = 'Build the .war again and push it.';
    throw new ActionableError('STAGING_FAILED', `${only} cannot be unpacked: ${messageOf(cause)}`, remedy, { cause });
  }
  return unpackDir;
}
