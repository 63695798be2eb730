import { resolve } from 'node:path';
import type { Cli } from '../cli.ts';
import { planLogCache } from '../parts/planners.ts';
import { type PartInput, runPart } from '../parts/run-part.ts';

interface LogCacheInput extends Omit<PartInput, 'config'> {
  readonly domain: string | undefined;
  readonly store: string | undefined;
}

/** Runs the store of logs alone until it is asked to stop. */
export function run(cli: Cli, { domain, store: given, ...input }: LogCacheInput): Promise<number> {
  const store = given === undefined ? undefined : resolve(cli.workingDirectory, given);
  return runPart(cli, planLogCache({ domain, store }), { ...input, config: undefined });
}
