import { text } from 'node:stream/consumers';
import { startChild } from '#ground/child.ts';
import { within } from '#ground/wait.ts';

export interface Ran {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/**
 * Runs a program of the system and returns what it printed.
 * @param limitMs a service with many apps may take its time to stop
 * @throws ActionableError PROGRAM_NOT_FOUND
 */
export async function runTool(
  [program = '', ...args]: readonly string[],
  env: Readonly<Record<string, string>>,
  limitMs = 120_000,
): Promise<Ran> {
  const stdio = ['ignore' as const, 'pipe' as const, 'pipe' as const];
  // The working directory may be one which the user as whom it runs must not enter.
  await using child = await startChild({ program, args, env, cwd: '/', stdio, graceMs: 100 });
  const streams = [child.stdout, child.stderr].map((stream) => (stream === null ? '' : text(stream)));
  const [out = '', err = ''] = await within(limitMs, `\`${program} ${args.join(' ')}\` to end`, Promise.all(streams));
  const { code } = await child.exited;
  return { code, out, err };
}

/** An environment in which tools of the system are found and speak English. */
export function toolEnvironment(env: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const path = [env['PATH'] ?? '', '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'];
  return { PATH: path.filter((part) => part !== '').join(':'), LC_ALL: 'C' };
}
