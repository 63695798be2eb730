import { join } from 'node:path';
import type { AsyncDisposableStack } from '#ground/async-disposable-stack.ts';
import { type Ran, runProgram, succeeded } from './run-program.ts';
import { peerEnvironment, type Surroundings } from './surroundings.ts';

/** Runs pm2 in a directory, with `PORT` in the environment. @throws Error unless it succeeds */
export type Pm2 = (args: readonly string[], place: { directory: string; port: number }) => Promise<Ran>;

/** pm2 has a daemon, which `scope` ends. @param name of its home, which is made */
export async function startPm2(
  surroundings: Surroundings,
  scope: AsyncDisposableStack,
  { program, name }: { program: string; name: string },
): Promise<Pm2> {
  const home = join(surroundings.scratch, name);
  const env = { ...peerEnvironment(surroundings), PM2_HOME: home };
  scope.defer(() => runProgram({ program, args: ['kill'], env }, { signal: new AbortController().signal }));
  const run: Pm2 = async (args, { directory, port }) => {
    const call = { program, args, cwd: directory, env: { ...env, PORT: String(port) } };
    return succeeded(`pm2 ${args.join(' ')}`, await runProgram(call, surroundings));
  };
  await run(['ping'], { directory: surroundings.scratch, port: 0 });
  return run;
}
