import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ActionableError } from '#ground/errors.ts';
import { executable } from '#packaging/executable.ts';
import { installationDirectory } from '#packaging/installation.ts';

/**
 * What starts this localpaas again, whoever starts it from wherever: the executable, or this Node with the bundle.
 * @throws ActionableError START_FAILED when it runs from its sources and was never built
 */
export function ownProgram(): readonly string[] {
  if (executable() !== undefined) return [process.execPath];
  const bundle = join(installationDirectory(), 'dist', 'localpaas.cjs');
  if (existsSync(bundle)) return [process.execPath, bundle];
  throw new ActionableError(
    'START_FAILED',
    `There is no ${bundle} for a service to start.`,
    'Build it first: `npm run build`.',
  );
}
