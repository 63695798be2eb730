import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Scope } from './spec.ts';

/** An empty directory that is gone after the test. */
export async function scratchDirectory(scope: Scope): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'localpaas-test-'));
  scope.defer(() => rm(directory, { recursive: true, force: true, maxRetries: 5 }));
  return directory;
}
