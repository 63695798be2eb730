import { randomBytes } from 'node:crypto';
import { type Credentials, newCredentials, shows } from '#vcap/credentials.ts';
import type { HeldBlob } from './blobs.ts';

/** What one staging task may fetch and bring. */
export interface Ticket {
  readonly app: string;
  /** Of the package. */
  readonly sha256: string;
  readonly uploadId: string;
  readonly credentials: Credentials;
}

interface Entry {
  readonly ticket: Ticket;
  state: 'open' | 'receiving' | 'received';
  droplet: HeldBlob | undefined;
}

/** The staging tasks under way. Each has credentials of its own, and may bring one droplet. */
export class StagingTickets {
  readonly #entries = new Set<Entry>();

  issue(app: string, sha256: string): Ticket {
    const ticket = { app, sha256, uploadId: randomBytes(16).toString('hex'), credentials: newCredentials('staging') };
    this.#entries.add({ ticket, state: 'open', droplet: undefined });
    return ticket;
  }

  /** The task that may read an app's bits. */
  find(app: string, authorization: string | undefined): Ticket | undefined {
    return this.#find(app, authorization)?.ticket;
  }

  /** Whether these are the credentials of a task under way. */
  allows(authorization: string | undefined): boolean {
    return [...this.#entries].some(({ ticket }) => shows(authorization, ticket.credentials));
  }

  /**
   * Lets the task of this upload id bring its droplet: once, unless bringing it failed.
   * @returns undefined when there is no such upload, or no more
   */
  async receive(
    { app, uploadId, authorization }: { app: string; uploadId: string; authorization: string | undefined },
    bring: () => Promise<HeldBlob>,
  ): Promise<HeldBlob | undefined> {
    const entry = this.#find(app, authorization);
    if (entry === undefined || entry.ticket.uploadId !== uploadId || entry.state !== 'open') return undefined;
    entry.state = 'receiving';
    try {
      const droplet = await bring();
      entry.droplet = droplet;
      entry.state = 'received';
      // The task may have been given up meanwhile.
      if (!this.#entries.has(entry)) await droplet[Symbol.asyncDispose]();
      return droplet;
    } catch (error) {
      entry.state = 'open';
      throw error;
    }
  }

  /** Ends a ticket. @returns the droplet that was brought, now the caller's to release */
  redeem(ticket: Ticket): HeldBlob | undefined {
    for (const entry of this.#entries) {
      if (entry.ticket !== ticket) continue;
      this.#entries.delete(entry);
      return entry.droplet;
    }
    return undefined;
  }

  #find(app: string, authorization: string | undefined): Entry | undefined {
    return [...this.#entries].find(({ ticket }) => ticket.app === app && shows(authorization, ticket.credentials));
  }
}
