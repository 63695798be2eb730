import type { Cli } from '../cli.ts';
import { planHealthManager } from '../parts/planners.ts';
import { type PartInput, runPart } from '../parts/run-part.ts';

/** Runs a health manager alone until it is asked to stop. */
export function run(cli: Cli, input: PartInput): Promise<number> {
  return runPart(cli, planHealthManager, input);
}
