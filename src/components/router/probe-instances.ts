import { connectTo } from './instance-connection.ts';
import type { Endpoint } from './route-table.ts';

interface Probe {
  readonly endpoints: Set<Endpoint>;
  timer: NodeJS.Timeout;
  delayMs: number;
}

/** A dead instance is asked less and less often, up to this. */
const slowestMs = 2_000;

/**
 * Asks instances that refused a connection whether they take one again, so that they are back in rotation before they
 * register again. No request is risked for it.
 */
export class Probes implements Disposable {
  readonly #everyMs: number;
  readonly #connectMs: number;
  readonly #probes = new Map<string, Probe>();

  /** @param everyMs the first time; 0 is never */
  constructor({ probeMs, connectMs }: { probeMs: number; connectMs: number }) {
    this.#everyMs = probeMs;
    this.#connectMs = connectMs;
  }

  /** How many addresses are being asked. */
  get size(): number {
    return this.#probes.size;
  }

  /** It was left out of rotation. */
  watch(endpoint: Endpoint): void {
    if (this.#everyMs === 0) return;
    const key = `${endpoint.host}:${endpoint.port}`;
    const known = this.#probes.get(key);
    if (known !== undefined) {
      known.endpoints.add(endpoint);
      return;
    }
    const timer = this.#later(key, this.#everyMs);
    this.#probes.set(key, { endpoints: new Set([endpoint]), timer, delayMs: this.#everyMs });
  }

  [Symbol.dispose](): void {
    for (const { timer } of this.#probes.values()) clearTimeout(timer);
    this.#probes.clear();
  }

  #later(key: string, delayMs: number): NodeJS.Timeout {
    return setTimeout(() => void this.#ask(key), delayMs).unref();
  }

  /** Never rejects: a refusal is an answer. */
  async #ask(key: string): Promise<void> {
    const probe = this.#probes.get(key);
    if (probe === undefined) return;
    for (const endpoint of probe.endpoints) {
      if (endpoint.isGone || !endpoint.isLeftOut) probe.endpoints.delete(endpoint);
    }
    const [first] = probe.endpoints;
    if (first === undefined) {
      this.#probes.delete(key);
      return;
    }
    const isBack = await connects(first, this.#connectMs);
    if (this.#probes.get(key) !== probe) return; // disposed of meanwhile
    if (isBack) {
      for (const endpoint of probe.endpoints) endpoint.isLeftOut = false;
      this.#probes.delete(key);
      return;
    }
    probe.delayMs = Math.min(probe.delayMs * 2, slowestMs);
    probe.timer = this.#later(key, probe.delayMs);
  }
}

async function connects(endpoint: Endpoint, limitMs: number): Promise<boolean> {
  try {
    const socket = await connectTo(endpoint, limitMs);
    // Where nobody listens the system may connect a socket to itself, if it happens to choose the very port for it.
    const isItself = socket.localPort === endpoint.port && socket.localAddress === socket.remoteAddress;
    socket.destroy();
    return !isItself;
  } catch {
    return false; // still not
  }
}
