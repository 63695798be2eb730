import { spawn } from 'node:child_process';

const mark = 'LOCALPAAS_PLUG_INSIDE';
const signals = ['SIGHUP', 'SIGINT', 'SIGTERM'] as const;

/**
 * Runs this script again in a mount namespace of its own: what it mounts there nobody else sees, no other program on the
 * machine can hold it, and it is gone with the last process, however that ends.
 * @returns the exit code; `undefined` when this process is inside already, or may not have a namespace
 */
export async function runInOwnNamespace(): Promise<number | undefined> {
  if (process.env[mark] !== undefined || (await unshared(['true'], 'ignore')) !== 0) return undefined;
  const [script = '', ...args] = process.argv.slice(1);
  return await unshared([process.execPath, ...process.execArgv, script, ...args], 'inherit');
}

/** @returns the exit code, or -1 when there is no such program */
async function unshared(command: readonly string[], stdio: 'ignore' | 'inherit'): Promise<number> {
  const child = spawn('unshare', ['--mount', '--propagation', 'private', ...command], {
    stdio,
    env: { ...process.env, [mark]: '1' },
  });
  const pass = (signal: NodeJS.Signals) => child.kill(signal);
  for (const signal of signals) process.on(signal, pass);
  const code = await new Promise<number>((resolve) => {
    child.once('error', () => resolve(-1));
    child.once('exit', (exitCode) => resolve(exitCode ?? 1));
  });
  for (const signal of signals) process.off(signal, pass);
  return code;
}
