import { ApiClient } from '../api-client.ts';
import { deploy, lastPackage } from '../app/deploy.ts';
import { findApp } from '../app/find-app.ts';
import { reportApp } from '../app/report-app.ts';
import { type StateInput, type StrategyInput, strategyIn } from '../app/state-input.ts';
import type { Cli } from '../cli.ts';
import { isRecording } from '../lifecycle/read-recording.ts';

interface RestageInput extends StateInput, StrategyInput {
  /** Whether `name` is an app's in any case. */
  readonly app: boolean;
  readonly map: readonly string[];
  readonly upload: boolean;
}

export async function run(cli: Cli, input: RestageInput): Promise<void> {
  const { name, app: isApp, wait, json, map, upload } = input;
  if (!isApp && (await isRecording(cli, name))) {
    const { replayStaging } = await import('#cli/lifecycle/replay-staging.ts');
    return replayStaging(cli, { recording: name, map, upload, json });
  }
  const api = await ApiClient.open(cli);
  const app = await findApp(api, name);
  await deploy(cli, api, app, (await lastPackage(api, app)).guid, { wait, strategy: strategyIn(input) });
  await reportApp(cli, api, app, { json });
}
