import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { readIfThere } from '#ground/files.ts';
import { scratchDirectory } from './scratch.ts';
import type { Scope } from './spec.ts';

/** What systemd does with a service that has a socket, as far as it matters here; it holds the socket itself. */
const script = `
exits=$1; shift
while :; do
  sh -c 'LISTEN_PID=$$ SYSTEMD_EXEC_PID=$$ LISTEN_FDS=1 LISTEN_FDNAMES=localpaas.socket exec "$0" "$@"' "$@" &
  program=$!
  trap 'kill -s TERM "$program"' TERM
  wait "$program"; status=$?
  while kill -s 0 "$program" 2>/dev/null; do wait "$program"; status=$?; done
  echo "$status" >>"$exits"
  [ "$status" -eq 0 ] && exit
  sleep 0.1
done
`;

export interface Service {
  readonly port: number;
  /** How the program ended each time. */
  exits(): Promise<number[]>;
}

/** Opens a port and runs a program on it as a service, until the scope ends. */
export async function runService(
  scope: Scope,
  command: readonly [string, ...string[]],
  env: Readonly<Record<string, string>>,
): Promise<Service> {
  const file = join(await scratchDirectory(scope), 'exits');
  const socket = createServer();
  await new Promise<void>((resolve) => socket.listen(0, '127.0.0.1', resolve));
  const { port } = socket.address() as { port: number };
  const { fd } = (socket as unknown as { _handle: { fd: number } })._handle; // Node has no other name for it
  const manager = spawn('/bin/sh', ['-c', script, 'service', file, ...command], {
    env,
    stdio: ['ignore', 'ignore', 'inherit', fd],
  });
  const ended = once(manager, 'exit');
  scope.defer(async () => {
    manager.kill('SIGTERM');
    await ended;
  });
  socket.close(); // ours of the two: nobody here is to accept connections
  return {
    port,
    exits: async () =>
      ((await readIfThere(file)) ?? '')
        .split('\n')
        .filter((line) => line !== '')
        .map(Number),
  };
}
