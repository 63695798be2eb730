import { environmentVariableOf, type ProcessIdentity, type ProcessRow, processTable } from '#ground/processes.ts';

/** The variable that every process of an instance inherits. Its value is the instance's id. */
export const instanceVariable = 'LOCALPAAS_INSTANCE';

const stillTrueMs = 5;

/** The processes of each instance, by its id. */
export type Census = ReadonlyMap<string, readonly ProcessRow[]>;

interface Sighting {
  readonly startedAt: string;
  readonly instance: string | undefined;
  /** When it was seen first. */
  readonly at: number;
}

/** While a program replaces another in a process there is no environment to be read: new ones are looked at again. */
const newMs = 1_000;

/**
 * Knows which processes belong to which instance: those in its session, and those that carry its variable, which also
 * finds daemons that made a session of their own. Environments are read once per process, so that a census costs
 * little more than the process table. On systems that do not show environments only the session counts.
 */
export class ProcessCensus {
  readonly #sessions = new Map<string, ProcessIdentity>();
  #seen = new Map<number, Sighting>();
  #last: { census: Census; at: number } | undefined;

  /** From now on the members of this leader's session belong to the instance. */
  addSession(instance: string, leader: ProcessIdentity): void {
    this.#sessions.set(instance, leader);
    this.#last = undefined;
  }

  removeSession(instance: string): void {
    this.#sessions.delete(instance);
    this.#last = undefined;
  }

  /**
   * Counts, or tells the count of a moment ago: many instances that end at once share it. What had no process a moment
   * ago has none now, unless it was launched since, and then `addSession` was called.
   * Processes that ended and were not collected by their parent are left out.
   */
  async take(): Promise<Census> {
    const now = performance.now();
    if (this.#last !== undefined && now - this.#last.at < stillTrueMs) return this.#last.census;
    const census = await this.#count();
    this.#last = { census, at: now };
    return census;
  }

  async membersOf(instance: string): Promise<readonly ProcessRow[]> {
    return (await this.take()).get(instance) ?? [];
  }

  async #count(): Promise<Census> {
    const rows = (await processTable()).filter(({ state }) => state !== 'Z' && state !== 'X');
    const instanceOfSession = this.#livingSessions(rows);
    const seen = new Map<number, Sighting>();
    const census = new Map<string, ProcessRow[]>();
    for (const row of rows) {
      const sighting = this.#sightingOf(row);
      seen.set(row.pid, sighting);
      const instance = instanceOfSession.get(row.sessionId) ?? sighting.instance;
      if (instance === undefined) continue;
      const members = census.get(instance);
      if (members === undefined) census.set(instance, [row]);
      else members.push(row);
    }
    this.#seen = seen;
    return census;
  }

  #sightingOf({ pid, startedAt }: ProcessRow): Sighting {
    const known = this.#seen.get(pid);
    const before = known?.startedAt === startedAt ? known : undefined;
    const at = before?.at ?? performance.now();
    if (before !== undefined && (before.instance !== undefined || performance.now() - at > newMs)) return before;
    return { startedAt, at, instance: environmentVariableOf(pid, instanceVariable) };
  }

  /** A session's number is free again when its last member ends; a new leader with that number is not ours. */
  #livingSessions(rows: readonly ProcessRow[]): Map<number, string> {
    const startOf = new Map(rows.map(({ pid, startedAt }) => [pid, startedAt]));
    const living = new Map<number, string>();
    for (const [instance, leader] of this.#sessions) {
      const found = startOf.get(leader.pid);
      if (found === undefined || found === leader.startedAt) living.set(leader.pid, instance);
    }
    return living;
  }
}
