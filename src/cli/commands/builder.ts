import {
  BuilderFailure,
  type BuilderOptions,
  builderOptionsOf,
  runBuilder,
} from '#workload/lifecycle/builder/index.ts';
import { GoFlagsEnd } from '#workload/lifecycle/go-flags.ts';
import type { Cli } from '../cli.ts';
import { openBuilderRoom } from '../lifecycle/builder-room.ts';

/** Prints what Diego's builder prints, and no more. */
export async function run(cli: Cli, { words }: { words: readonly string[] }): Promise<number> {
  let options: BuilderOptions | undefined;
  try {
    options = builderOptionsOf(words);
    await using room = await openBuilderRoom(cli, options);
    await runBuilder(options, {
      env: room.env,
      sandbox: room.sandbox,
      cwd: cli.workingDirectory,
      out: (text) => void cli.output.write(text),
      err: (text) => void cli.messages.write(text),
      signal: cli.signal,
    });
    return 0;
  } catch (error) {
    if (error instanceof GoFlagsEnd) {
      cli.messages.write(error.stderr);
      return error.exitCode;
    }
    if (!(error instanceof BuilderFailure)) throw error;
    cli.messages.write(lastWordsOf(error, options?.strict !== false));
    return error.exitCode;
  }
}

/** The original ends these texts without a line end. */
const unended: readonly number[] = [3, 4, 5];

function lastWordsOf({ message, remedy, exitCode }: BuilderFailure, strict: boolean): string {
  if (strict && unended.includes(exitCode)) return message;
  return strict || remedy === undefined ? `${message}\n` : `${message}\n${remedy}\n`;
}
