import { ActionableError } from '#ground/errors.ts';
import type { Cli } from '../cli.ts';
import type { Command } from '../command.ts';
import { completionScript, shells } from '../completion/completion-scripts.ts';

/** @param commands what there is to complete */
export async function run(
  cli: Cli,
  { shell }: { readonly shell: string },
  commands: readonly Command[],
): Promise<void> {
  const known = shells.find((each) => each === shell);
  if (known !== undefined) return cli.out.raw(completionScript(known, commands));
  throw new ActionableError(
    'USAGE',
    `There is no completion for '${shell}'.`,
    `There is one for ${shells.join(', ')}.`,
  );
}
