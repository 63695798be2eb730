import { Bursts } from './bursts.ts';
import { type InstanceAddress, InstanceConnection } from './instance-connection.ts';

/** So many idle connections are kept for each instance. */
const maxIdle = 256;
const readBytes = 64 * 1024;
const sweepMs = 1_000;

export interface PoolOptions extends ExchangeLimits {
  readonly connectMs: number;
  /** How long a connection to an instance is kept without a request. */
  readonly idleMs: number;
}

/** For those who use the connections. */
export interface ExchangeLimits {
  /** How long a client may send nothing of a body that is awaited. */
  readonly bodyIdleMs: number;
  /** How long a client may take nothing of an answer that waits for it. */
  readonly stallMs: number;
}

/** The connections to instances, idle ones included. */
export class InstancePool implements Disposable {
  readonly limits: ExchangeLimits;
  readonly bursts = new Bursts();
  readonly #connectMs: number;
  readonly #idleMs: number;
  readonly #all = new Set<InstanceConnection>();
  /** By address, the one used last at the end. */
  readonly #idle = new Map<string, InstanceConnection[]>();
  /** All connections read into it, each in its turn, so that an idle one holds no memory for what may come. */
  readonly #buffer = Buffer.allocUnsafeSlow(readBytes);
  #sweeping: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor({ connectMs, idleMs, ...limits }: PoolOptions) {
    this.limits = limits;
    this.#connectMs = connectMs;
    this.#idleMs = idleMs;
  }

  get size(): number {
    return this.#all.size;
  }

  /** A connection that served a request before. */
  take(address: InstanceAddress): InstanceConnection | undefined {
    const idle = this.#idle.get(keyOf(address));
    for (let connection = idle?.pop(); connection !== undefined; connection = idle?.pop()) {
      if (!connection.socket.destroyed && !connection.isGone) return connection;
    }
    return undefined;
  }

  /** A connection that nobody used before. Rejects with the system's error. */
  async open(address: InstanceAddress): Promise<InstanceConnection> {
    const key = keyOf(address);
    const connection = await InstanceConnection.open(address, { key, limitMs: this.#connectMs, buffer: this.#buffer });
    this.#all.add(connection);
    connection.socket.once('close', () => {
      this.#all.delete(connection);
      this.#remove(connection);
    });
    return connection;
  }

  /** Its answer is complete, and it is good for another. */
  giveBack(connection: InstanceConnection): void {
    connection.lendTo(undefined);
    const idle = this.#idle.get(connection.key);
    if (this.#isClosed || connection.isGone || (idle !== undefined && idle.length >= maxIdle)) {
      connection.socket.destroy();
      return;
    }
    connection.idleSince = performance.now();
    if (idle === undefined) this.#idle.set(connection.key, [connection]);
    else idle.push(connection);
    this.#sweeping ??= setInterval(() => this.#sweep(), Math.min(sweepMs, this.#idleMs)).unref();
  }

  /** Ends idle connections now, the others when they are given back. */
  [Symbol.dispose](): void {
    this.#isClosed = true;
    clearInterval(this.#sweeping);
    for (const idle of [...this.#idle.values()]) for (const connection of [...idle]) connection.socket.destroy();
    this.#idle.clear();
  }

  /** Ends what was idle for too long. An instance that says when it hangs up should not have to. */
  #sweep(): void {
    const now = performance.now();
    for (const [key, idle] of this.#idle) {
      for (const connection of [...idle]) {
        const limitMs = Math.min(this.#idleMs, connection.idleLimitMs);
        if (now - connection.idleSince >= limitMs) connection.socket.destroy();
      }
      if (idle.length === 0) this.#idle.delete(key);
    }
    if (this.#idle.size > 0) return;
    clearInterval(this.#sweeping);
    this.#sweeping = undefined;
  }

  #remove(connection: InstanceConnection): void {
    const idle = this.#idle.get(connection.key);
    const at = idle?.indexOf(connection) ?? -1;
    if (at >= 0) idle?.splice(at, 1);
  }
}

function keyOf({ host, port }: InstanceAddress): string {
  return `${host}:${port}`;
}
