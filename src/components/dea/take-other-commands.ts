import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ActionableError } from '#ground/errors.ts';
import { startCommandVariable } from '#workload/lifecycle/launcher/index.ts';

/** How every startup of a framework plugin begins its app, now as in 2012. */
const launch = /^(.*?) >>? (\S*\/logs\/stdout\.log) 2>>? (\S*\/logs\/stderr\.log) &$/;

/**
 * Has the `startup` of a prepared droplet run what a start request names instead of the app. That of a buildpack does so by
 * itself. In another one the line which starts the app is replaced, so that the command has the app's own environment.
 * @throws ActionableError BAD_INPUT when there is no such line
 */
export async function takeOtherCommands(directory: string): Promise<void> {
  const path = join(directory, 'startup');
  const script = await readFile(path, 'latin1');
  if (script.includes(startCommandVariable)) return;
  const changed = withOtherCommand(script);
  if (changed === undefined) {
    throw new ActionableError(
      'BAD_INPUT',
      'The droplet can run nothing but its app: its `startup` does not say on a line of its own how that begins.',
      'Stage the app again, or with a buildpack.',
    );
  }
  await chmod(path, 0o700);
  await writeFile(path, changed, 'latin1');
  await chmod(path, 0o500);
}

/** The script with another app; `undefined` when it is written in a way of its own. */
function withOtherCommand(script: string): string | undefined {
  const lines = script.split('\n');
  const last = lines.findLastIndex((line) => launch.test(line));
  const [, command = '', out, err] = launch.exec(lines[last] ?? '') ?? [];
  // A command of several lines stands in brackets.
  const first = command.startsWith(')') ? lines.findLastIndex((line, at) => at < last && line.startsWith('(')) : last;
  if (first < 0) return undefined;
  const own = `{ set -- "$${startCommandVariable}"; unset ${startCommandVariable}; exec bash -c "$1"; }`;
  return [...lines.slice(0, first), `${own} > ${out} 2> ${err} &`, ...lines.slice(last + 1)].join('\n');
}
