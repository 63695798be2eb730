import { randomUUID } from 'node:crypto';
import { ApiError } from '#contract/api/errors.ts';
import { messageOf } from '#ground/errors.ts';
import type { Log } from '#ground/log.ts';
import { apiErrorOf } from './api-errors.ts';

/** Work that a client asks about later. Here it is done before the client can ask. */
export interface Job {
  readonly guid: string;
  /** `app.delete`, `space.apply_manifest`, … */
  readonly operation: string;
  readonly createdAt: Date;
  readonly state: 'COMPLETE' | 'FAILED';
  readonly errors: readonly { readonly code: number; readonly title: string; readonly detail: string }[];
  readonly warnings: readonly string[];
}

/** Clients ask within seconds. */
const remembered = 1_000;

/** The last jobs, in memory: nobody asks for a job of an earlier run. */
export class Jobs {
  readonly #jobs = new Map<string, Job>();
  readonly #log: Log;

  constructor(log: Log) {
    this.#log = log;
  }

  /** Does the work, and keeps how it ended. @param warnings for the user, besides */
  async run(operation: string, work: () => Promise<void>, warnings: readonly string[] = []): Promise<Job> {
    try {
      await work();
      return this.#keep(operation, { state: 'COMPLETE', errors: [], warnings });
    } catch (error) {
      const refusal = apiErrorOf(error) ?? this.#bug(operation, error);
      return this.#keep(operation, { state: 'FAILED', errors: refusal.body.errors, warnings });
    }
  }

  get(guid: string): Job | undefined {
    return this.#jobs.get(guid);
  }

  #keep(operation: string, outcome: Pick<Job, 'state' | 'errors' | 'warnings'>): Job {
    const job = { guid: randomUUID(), operation, createdAt: new Date(), ...outcome };
    this.#jobs.set(job.guid, job);
    for (const guid of this.#jobs.keys()) {
      if (this.#jobs.size <= remembered) break;
      this.#jobs.delete(guid);
    }
    return job;
  }

  #bug(operation: string, error: unknown): ApiError {
    this.#log.error('job failed', { operation, error: messageOf(error) });
    return new ApiError('UnknownError', 'An unknown error occurred. The log of the platform has the details.');
  }
}
