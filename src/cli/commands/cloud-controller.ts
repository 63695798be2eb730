import { resolve } from 'node:path';
import { homeOf } from '#assembly/home.ts';
import type { Cli } from '../cli.ts';
import { planCloudController } from '../parts/planners.ts';
import { type PartInput, runPart } from '../parts/run-part.ts';

interface CloudControllerInput extends Omit<PartInput, 'config'> {
  readonly domain: string | undefined;
  readonly router: string | undefined;
  readonly store: string | undefined;
}

/** Runs a cloud controller alone until it is asked to stop. */
export function run(cli: Cli, { domain, router, store: given, ...input }: CloudControllerInput): Promise<number> {
  const store = given === undefined ? undefined : resolve(cli.workingDirectory, given);
  const planner = planCloudController({ domain, router, store, home: homeOf(cli.home, cli.env) });
  return runPart(cli, planner, { ...input, config: undefined });
}
