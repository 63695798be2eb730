import type { Cli } from '../cli.ts';
import { planCloudController } from '../parts/planners.ts';
import { type PartInput, runPart } from '../parts/run-part.ts';

interface CloudControllerInput extends Omit<PartInput, 'config'> {
  readonly domain: string | undefined;
}

/** Runs a cloud controller alone until it is asked to stop. */
export function run(cli: Cli, { domain, ...input }: CloudControllerInput): Promise<number> {
  return runPart(cli, planCloudController(domain), { ...input, config: undefined });
}
