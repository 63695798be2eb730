import type { ServerResponse } from 'node:http';
import { waitFor, within } from '#ground/wait.ts';
import { type Absence, isAbsence } from './find-endpoint.ts';
import type { Endpoint } from './route-table.ts';

/** Where this router's successor takes requests. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

/**
 * The time between two routers on one socket. The old one goes on with the instances it knows. What it cannot have
 * answered any more, by the platform's own endpoints to begin with, waits for the new one and is passed on to that.
 */
export class Handover {
  /** Answers of the platform itself that are not complete. */
  readonly #own = new Set<ServerResponse>();
  readonly #limitMs: number;
  #successor: Promise<Address> | undefined;
  #name: (address: Address) => void = () => {};

  /** @param limitMs how long a request waits for the successor */
  constructor(limitMs: number) {
    this.#limitMs = limitMs;
  }

  /** A request goes to the platform itself. Whoever asks for events gets them without end. */
  noteOwn(response: ServerResponse): void {
    if (this.#own.has(response) || response.destroyed || wantsEvents(response)) return;
    this.#own.add(response);
    response.once('close', () => this.#own.delete(response));
  }

  /**
   * From now on requests without an instance wait for the successor. Those that the platform itself is answering get
   * `limitMs` for that.
   */
  async begin(limitMs: number): Promise<void> {
    this.#successor = new Promise((resolve) => {
      this.#name = resolve;
    });
    const over = () => this.#own.size === 0 || undefined;
    await waitFor('the last requests of the platform itself', over, { limitMs }).catch(() => {}); // they had their time
  }

  /** What the search of a request found, but for endpoints of the platform's own once they go. */
  keepFromOwn(found: Endpoint | Absence): Endpoint | Absence {
    const isOwn = !isAbsence(found) && found.app === undefined;
    return isOwn && this.#successor !== undefined ? { why: 'unknown' } : found;
  }

  /** There is somebody who answers; of no interest unless the handover has begun. @param address where we listened */
  to(address: Address): void {
    this.#name(address);
  }

  /** Whom to pass a request on to; `undefined` when there is nobody, or the client leaves before there is. */
  async successor(gone: () => AbortSignal): Promise<Endpoint | undefined> {
    if (this.#successor === undefined) return undefined;
    const left = gone();
    const leaves = new Promise<undefined>((resolve) => {
      left.addEventListener('abort', () => resolve(undefined), { once: true });
      if (left.aborted) resolve(undefined);
    });
    try {
      const address = await within(this.#limitMs, 'the next router', Promise.race([this.#successor, leaves]));
      return address && endpointAt(address);
    } catch {
      return undefined; // nobody came: the client learns what is known here
    }
  }
}

/** Whether an answer has no end of its own. */
export function wantsEvents({ req }: ServerResponse): boolean {
  return req.headers.accept?.includes('text/event-stream') === true;
}

function endpointAt({ host, port }: Address): Endpoint {
  return {
    host: host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host,
    port,
    app: undefined,
    index: undefined,
    privateInstanceId: undefined,
    version: undefined,
    tags: undefined,
    seenAt: Date.now(),
    isLeftOut: false,
    isResting: false,
    isGone: false,
    active: 0,
  };
}
