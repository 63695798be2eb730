import { createHash } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { createConnection, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { systemCodeOf } from './errors.ts';

/**
 * Takes a directory for this process alone, until it is disposed or the process ends, however it ends: the lock is a
 * socket's name, which the system takes back by itself. `undefined` when another process has it.
 */
export async function lockDirectory(directory: string): Promise<AsyncDisposable | undefined> {
  const name = createHash('sha256').update(directory).digest('hex').slice(0, 32);
  // Linux has socket names that are no files. Elsewhere a file stays behind when the process is killed.
  const address = process.platform === 'linux' ? `\0localpaas-${name}` : join(directory, 'lock.sock');
  const server = (await tryToListen(address)) ?? (await takeOver(address));
  if (server === undefined) return undefined;
  return {
    async [Symbol.asyncDispose](): Promise<void> {
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

async function tryToListen(address: string): Promise<Server | undefined> {
  const server = createServer((socket) => socket.destroy());
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(address, resolve);
    });
  } catch (error) {
    if (systemCodeOf(error) === 'EADDRINUSE') return undefined;
    throw error;
  }
  server.unref();
  return server;
}

/** Removes the socket file of a process that was killed: nobody accepts connections there. */
async function takeOver(address: string): Promise<Server | undefined> {
  if (address.startsWith('\0')) return undefined;
  const isAnswered = await new Promise<boolean>((resolve) => {
    const socket = createConnection(address);
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('close', () => socket.destroy());
  });
  if (isAnswered) return undefined;
  await rm(address, { force: true });
  return tryToListen(address);
}
