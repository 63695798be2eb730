import { spawnSync } from 'node:child_process';
import { takeInheritedSocket } from '#ground/inherited-socket.ts';

/** Prints what this process makes of the socket it was started with, and what its children see of it. */
const told: Record<string, unknown> = {};
try {
  told['socket'] = takeInheritedSocket(process.env) ?? null;
} catch (error) {
  Object.assign(told, { error: String(error), remedy: (error as { remedy?: string }).remedy });
}
told['left'] = Object.keys(process.env).filter((name) => name.startsWith('LISTEN_'));
told['isOpenInChild'] = spawnSync('/bin/sh', ['-c', 'test -e /proc/self/fd/3']).status === 0;
process.stdout.write(JSON.stringify(told));
