import { networkInterfaces } from 'node:os';
import { GoFlagsEnd } from '#workload/lifecycle/go-flags.ts';
import { readHealthcheckOptions, runHealthcheck } from '#workload/lifecycle/healthcheck/index.ts';
import type { Cli } from '../cli.ts';

/** @returns the exit code of the original */
export async function run(cli: Cli, { words }: { readonly words: readonly string[] }): Promise<number> {
  try {
    const unwell = await runHealthcheck(readHealthcheckOptions(words), networkInterfaces(), cli.signal);
    if (unwell === undefined) return 0;
    cli.messages.write(`${unwell.message}\n`);
    return unwell.code;
  } catch (error) {
    if (!(error instanceof GoFlagsEnd)) throw error;
    cli.messages.write(error.stderr);
    return error.exitCode;
  }
}
