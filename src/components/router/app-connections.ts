import { Agent, type ClientRequestArgs } from 'node:http';
import { connect, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';

interface Address {
  readonly host: string;
  readonly port: number;
}

/** Rejects with the system's error, or with ETIMEDOUT after `limitMs`. The socket has a listener for errors for ever. */
export function connectTo(address: Address, limitMs: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: address.host, port: address.port, noDelay: true });
    const late = () =>
      socket.destroy(Object.assign(new Error(`no connection in ${limitMs} ms`), { code: 'ETIMEDOUT' }));
    socket.setTimeout(limitMs, late);
    // It stays: between two owners nobody else listens, and an error then would end the process.
    socket.on('error', reject);
    socket.once('connect', () => {
      socket.setTimeout(0);
      socket.removeListener('timeout', late);
      resolve(socket);
    });
  });
}

/**
 * Connections to instances. A request gets its socket when that is connected, not before, so nothing of a request's
 * body is read for an instance that cannot be reached, and another one can have it.
 */
export class AppConnections extends Agent {
  readonly #connectMs: number;
  #count = 0;

  constructor({ keepAlive, idleMs, connectMs }: { keepAlive: boolean; idleMs: number; connectMs: number }) {
    super({ keepAlive, maxFreeSockets: 256, timeout: idleMs });
    this.#connectMs = connectMs;
  }

  /** How many there are, idle ones included. */
  get count(): number {
    return this.#count;
  }

  override createConnection(
    { host, port }: ClientRequestArgs,
    callback?: (error: Error | null, socket: Duplex) => void,
  ): undefined {
    const done = callback as ((error: Error | null, socket?: Duplex) => void) | undefined; // no socket with an error
    connectTo({ host: host ?? '127.0.0.1', port: Number(port) }, this.#connectMs).then(
      (socket) => {
        this.#count += 1;
        socket.once('close', () => {
          this.#count -= 1;
        });
        done?.(null, socket);
      },
      (error: Error) => done?.(error),
    );
  }
}

/** Hands out one connection that exists already. */
export class SingleConnection extends Agent {
  readonly #socket: Socket;

  constructor(socket: Socket) {
    super({ keepAlive: false });
    this.#socket = socket;
  }

  override createConnection(): Duplex {
    return this.#socket;
  }
}
