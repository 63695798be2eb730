import { connect, type OnReadOpts, type Socket } from 'node:net';

export interface InstanceAddress {
  readonly host: string;
  readonly port: number;
}

/** Rejects with the system's error, or with ETIMEDOUT after `limitMs`. The socket has a listener for errors for ever. */
export function connectTo(address: InstanceAddress, limitMs: number, onread?: OnReadOpts): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const options = { host: address.host, port: address.port, noDelay: true };
    const socket = connect(onread === undefined ? options : { ...options, onread });
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

/** Whoever has a connection for the time of one request. */
export interface ConnectionUser {
  /** The first `length` bytes of `bytes` came; they are overwritten after this. @returns whether more may come now */
  onBytes(bytes: Buffer, length: number): boolean;
  /** All that was written has left for the instance. */
  onDrain(): void;
  /** There is no connection any more. @param error what ended it, unless the instance did so in order */
  onGone(error: Error | undefined): void;
}

/** A connection to an instance, which has one user after the other. Whatever comes while it has none ends it. */
export class InstanceConnection {
  readonly key: string;
  readonly socket: Socket;
  /** When its last user left, in ms; and how long after that the instance keeps it, as far as it says so. */
  idleSince = 0;
  idleLimitMs = Number.POSITIVE_INFINITY;
  #user: ConnectionUser | undefined;
  #error: Error | undefined;
  #isGone = false;

  /** @param buffer to read into; connections may share one @throws what `connectTo` throws */
  static async open(
    address: InstanceAddress,
    { key, limitMs, buffer }: { key: string; limitMs: number; buffer: Buffer },
  ): Promise<InstanceConnection> {
    let connection: InstanceConnection | undefined;
    const callback = (length: number, bytes: Uint8Array) => connection?.take(bytes as Buffer, length) ?? false; // ours
    return new Promise((resolve, reject) => {
      connectTo(address, limitMs, { buffer, callback }).then((socket) => {
        connection = new InstanceConnection(key, socket);
        resolve(connection);
      }, reject);
    });
  }

  private constructor(key: string, socket: Socket) {
    this.key = key;
    this.socket = socket;
    socket.unref(); // a request keeps the process alive by its client; an idle connection should not
    socket.on('drain', () => this.#user?.onDrain());
    socket.on('error', (error) => {
      this.#error = error;
    });
    socket.once('end', () => this.#gone());
    socket.once('close', () => this.#gone());
  }

  get isGone(): boolean {
    return this.#isGone;
  }

  lendTo(user: ConnectionUser | undefined): void {
    this.#user = user;
  }

  take(bytes: Buffer, length: number): boolean {
    if (this.#user !== undefined) return this.#user.onBytes(bytes, length);
    this.socket.destroy(); // an answer to nothing
    return false;
  }

  #gone(): void {
    if (this.#isGone) return;
    this.#isGone = true;
    const user = this.#user;
    this.#user = undefined;
    user?.onGone(this.#error);
  }
}
