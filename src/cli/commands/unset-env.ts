import { ApiClient } from '../api-client.ts';
import { changeVariable } from '../app/change-variable.ts';
import { type StateInput, type StrategyInput, strategyIn } from '../app/state-input.ts';
import type { Cli } from '../cli.ts';

interface Input extends StateInput, StrategyInput {
  readonly key: string;
  readonly restart: boolean;
}

export async function run(cli: Cli, { strategy, ...input }: Input): Promise<void> {
  const change = { ...input, value: null, strategy: strategyIn({ strategy }) };
  await changeVariable(cli, await ApiClient.open(cli), change);
}
