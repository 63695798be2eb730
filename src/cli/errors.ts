import { ActionableError, exitCodeOf } from '#ground/errors.ts';
import type { Cli } from './cli.ts';
import { Interrupted } from './world.ts';

/**
 * Tells what ended a command, on standard error: as text for people, or as one line of JSON with `asJson`.
 * @returns the exit code
 */
export function reportError(error: unknown, cli: Cli, asJson: boolean): number {
  cli.progress.drop();
  if (error instanceof Interrupted) return reportInterruption(error, cli);
  if (cli.signal.aborted && cli.signal.reason instanceof Interrupted) return reportInterruption(cli.signal.reason, cli);
  if (!(error instanceof ActionableError)) return reportBug(error, cli);
  if (asJson) {
    const { code, message, remedy } = error;
    cli.messages.write(`${JSON.stringify({ error: { code, message, remedy } })}\n`);
    return exitCodeOf(error);
  }
  cli.messages.write(`${cli.progress.style.red('error')}  ${error.message}\n`);
  for (const line of error.remedy.split('\n')) cli.messages.write(`       ${line}\n`);
  return exitCodeOf(error);
}

function reportInterruption(interrupted: Interrupted, cli: Cli): number {
  cli.messages.write(`${interrupted.message}\n`);
  return interrupted.exitCode;
}

function reportBug(error: unknown, cli: Cli): number {
  const trace = error instanceof Error ? (error.stack ?? error.message) : String(error);
  cli.messages.write(
    `${cli.progress.style.red('error')}  This is a bug in localpaas; please report it with these lines.\n`,
  );
  cli.messages.write(`${trace}\n`);
  for (let cause = causeOf(error); cause !== undefined; cause = causeOf(cause)) {
    cli.messages.write(`caused by ${cause instanceof Error ? (cause.stack ?? cause.message) : String(cause)}\n`);
  }
  return exitCodeOf(error);
}

function causeOf(error: unknown): unknown {
  return error instanceof Error ? error.cause : undefined;
}
