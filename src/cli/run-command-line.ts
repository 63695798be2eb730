import { type Cli, cliOf } from './cli.ts';
import { parse } from './command-line.ts';
import { reportError } from './errors.ts';
import type { World } from './world.ts';

/** @returns the exit code; whatever went wrong has been told then */
export async function runCommandLine(args: readonly string[], world: World): Promise<number> {
  let cli = cliOf(world);
  try {
    const invocation = parse(args, cli);
    if (invocation === undefined) return 0;
    cli = { ...cli, home: invocation.home ?? cli.home };
    return await runCommand(cli, invocation);
  } catch (error) {
    return reportError(error, cli, args.includes('--json'));
  }
}

async function runCommand(cli: Cli, { command, input }: NonNullable<ReturnType<typeof parse>>): Promise<number> {
  const { run } = await command.load();
  return (await run(cli, input)) ?? 0;
}
