import type { Cli } from '../cli.ts';
import { planRouter } from '../parts/planners.ts';
import { type PartInput, runPart } from '../parts/run-part.ts';

/** Runs a router alone until it is asked to stop. */
export function run(cli: Cli, input: PartInput & { readonly routerWorkers: string | undefined }): Promise<number> {
  return runPart(cli, planRouter(input.routerWorkers), input);
}
