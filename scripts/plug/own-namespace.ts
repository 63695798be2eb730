import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';

const mark = 'LOCALPAAS_PLUG_INSIDE';
const unshare = '/usr/bin/unshare';
const signals = ['SIGHUP', 'SIGINT', 'SIGTERM'] as const;

/**
 * Runs this script again in a mount namespace of its own: what it mounts there nobody else sees, no other program on the
 * machine can hold it, and it is gone with the last process, however that ends.
 * @returns the exit code; `undefined` when this process is inside already, or may not have a namespace
 */
export async function runInOwnNamespace(): Promise<number | undefined> {
  const mayUnshare = process.platform === 'linux' && process.getuid?.() === 0 && existsSync(unshare);
  if (process.env[mark] !== undefined || !mayUnshare) return undefined;
  const [script = '', ...args] = process.argv.slice(1);
  const child = spawn(
    unshare,
    ['--mount', '--propagation', 'private', process.execPath, ...process.execArgv, script, ...args],
    { stdio: 'inherit', env: { ...process.env, [mark]: '1' } },
  );
  for (const signal of signals) process.on(signal, () => child.kill(signal));
  return await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => resolve(code ?? 1));
  });
}
