import { shellScript } from '#workload/lifecycle/launcher/index.ts';
import type { Cli } from '../cli.ts';
import { runInPlace } from '../lifecycle/run-in-place.ts';

/** @returns the exit code of the shell, or of the command that was run instead */
export function run(cli: Cli, { words }: { readonly words: readonly string[] }): Promise<number> {
  return runInPlace(cli, shellScript, 'shell', words);
}
