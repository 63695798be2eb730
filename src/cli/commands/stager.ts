import type { Cli } from '../cli.ts';
import { isolationSettings } from '../isolation-settings.ts';
import { planStager } from '../parts/planners.ts';
import { type PartInput, runPart } from '../parts/run-part.ts';

interface Input extends PartInput {
  readonly isolation: string | undefined;
  readonly requireIsolation: number | undefined;
}

/** Runs a stager alone until it is asked to stop. */
export function run(cli: Cli, input: Input): Promise<number> {
  return runPart(cli, planStager({ isolation: isolationSettings(cli.env, input), home: cli.home }), input);
}
