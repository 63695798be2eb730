import type { Readable } from 'node:stream';
import { startChild } from '#ground/child.ts';
import { ActionableError } from '#ground/errors.ts';
import type { Cli } from '../cli.ts';
import type { PushPlan } from './push-plan.ts';

const longestLine = 16 * 1024;

/**
 * Runs what an app wants run before it is pushed, in its folder, with what they print shown as it comes.
 * @throws ActionableError BAD_INPUT for the first that fails; nothing is pushed then
 */
export async function runPrePush(
  cli: Cli,
  { name, path, prePush }: PushPlan,
  action: 'create' | 'update',
): Promise<void> {
  const shell = cli.env['SHELL'] ?? '/bin/sh';
  const env = Object.fromEntries(
    Object.entries(cli.env).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])),
  );
  const own = { STACKATO_APP_NAME: name, STACKATO_CLIENT: 'localpaas', STACKATO_HOOK_ACTION: action };
  for (const line of prePush) {
    cli.progress.step(`Running ${line}`);
    await using child = await startChild({
      program: shell,
      args: ['-c', line],
      cwd: path,
      env: { ...env, ...own },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const aborted = new Promise<never>((_, reject) => {
      if (cli.signal.aborted) reject(cli.signal.reason);
      cli.signal.addEventListener('abort', () => reject(cli.signal.reason), { once: true });
    });
    aborted.catch(() => {});
    const printed = Promise.all([show(cli, child.stdout), show(cli, child.stderr)]);
    const { code, signal } = await Promise.race([child.exited, aborted]);
    // What it left running in the background ends here, and with it what it prints.
    await child[Symbol.asyncDispose]();
    await printed;
    if (code !== 0) {
      throw new ActionableError(
        'BAD_INPUT',
        `The hook pre-push of ${name} failed with ${code === null ? signal : `exit code ${code}`}: ${line}`,
        'Nothing was pushed. Mend what it does, and push again.',
      );
    }
  }
}

async function show(cli: Cli, stream: Readable | null): Promise<void> {
  if (stream === null) return;
  stream.setEncoding('utf8');
  let rest = '';
  for await (const chunk of stream as AsyncIterable<string>) {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    if (rest.length > longestLine) {
      lines.push(rest);
      rest = '';
    }
    for (const line of lines) cli.progress.line(`  ${line}`);
  }
  if (rest !== '') cli.progress.line(`  ${rest}`);
}
