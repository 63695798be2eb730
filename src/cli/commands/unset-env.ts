import { ApiClient } from '../api-client.ts';
import { changeVariable } from '../app/change-variable.ts';
import type { Cli } from '../cli.ts';

interface Input {
  readonly name: string;
  readonly key: string;
  readonly json: boolean;
}

export async function run(cli: Cli, input: Input): Promise<void> {
  await changeVariable(cli, await ApiClient.open(cli), { ...input, value: null });
}
