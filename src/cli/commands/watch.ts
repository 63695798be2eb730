import type { Cli } from '../cli.ts';
import { type WatchInput, watchApp } from '../watch/watch-app.ts';

export async function run(cli: Cli, input: WatchInput): Promise<void> {
  await watchApp(cli, input);
}
