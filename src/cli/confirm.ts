import { createInterface } from 'node:readline';
import { ActionableError } from '#ground/errors.ts';
import type { Cli } from './cli.ts';

/**
 * Whether the person at the terminal consents; `--force` is for those who have none.
 * @param whatForceDoes completes "Add `--force` to": `delete without being asked`
 * @throws ActionableError USAGE without a terminal
 */
export async function confirm(cli: Cli, question: string, whatForceDoes: string): Promise<boolean> {
  if (cli.input.isTTY !== true) {
    throw new ActionableError(
      'USAGE',
      `${question} There is no terminal to ask on.`,
      `Add \`--force\` to ${whatForceDoes}.`,
    );
  }
  cli.messages.write(`${question} [y/N] `);
  const terminal = createInterface({ input: cli.input, signal: cli.signal });
  // The end of the input, Ctrl-D, is no line and so no consent.
  for await (const answer of terminal) return ['y', 'yes'].includes(answer.trim().toLowerCase());
  cli.signal.throwIfAborted();
  return false;
}
