import { constants } from 'node:os';
import { type Child, signalProcess, startChild } from '#ground/child.ts';
import type { Cli } from '../cli.ts';

/** Node cannot become another program, so the signals that reach us are passed on to the one that runs instead. */
const passedOn = ['SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2', 'SIGCONT', 'SIGWINCH'] as const;

/**
 * Runs a bash script with our standard streams, directory and environment, as if it had been called instead of us.
 * @param name what it calls itself in its messages
 * @returns its exit code; as shells count it, 128 and the signal that ended it
 */
export async function runInPlace(cli: Cli, script: string, name: string, args: readonly string[]): Promise<number> {
  const child = await startChild({
    program: 'bash',
    // Else bash takes a socket at its input for a login from afar, and reads the user's .bashrc.
    args: ['--norc', '-c', script, name, ...args],
    cwd: cli.workingDirectory,
    env: environmentOf(cli),
    stdio: 'inherit',
    inOurGroup: true,
  });
  const stopPassing = passSignals(child);
  try {
    const { code, signal } = await child.exited;
    return code ?? 128 + (signal === null ? 0 : constants.signals[signal]);
  } finally {
    stopPassing();
  }
}

function passSignals({ pid }: Child): () => void {
  const names: NodeJS.Signals[] = [...passedOn];
  // A Ctrl-C reaches the whole group, the child too.
  if (!process.stdin.isTTY) names.push('SIGINT');
  const pass = (signal: NodeJS.Signals) => signalProcess(pid, signal);
  // Whoever insists on our end, by a second signal, ends both.
  const end = () => signalProcess(pid, 'SIGKILL');
  for (const name of names) process.on(name, pass);
  process.once('exit', end);
  return () => {
    for (const name of names) process.off(name, pass);
    process.off('exit', end);
  };
}

function environmentOf({ env }: Cli): Record<string, string> {
  const given = Object.entries(env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]));
  return Object.fromEntries(given) as Record<string, string>;
}
