import type { Cli } from '../cli.ts';
import { planStager } from '../parts/planners.ts';
import { type PartInput, runPart } from '../parts/run-part.ts';

/** Runs a stager alone until it is asked to stop. */
export function run(cli: Cli, input: PartInput): Promise<number> {
  return runPart(cli, planStager, input);
}
