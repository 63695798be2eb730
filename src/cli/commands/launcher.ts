import { launcherScript } from '#workload/lifecycle/launcher/index.ts';
import type { Cli } from '../cli.ts';
import { runInPlace } from '../lifecycle/run-in-place.ts';

/** @returns the app's exit code */
export function run(cli: Cli, { words }: { readonly words: readonly string[] }): Promise<number> {
  return runInPlace(cli, launcherScript, 'launcher', words);
}
