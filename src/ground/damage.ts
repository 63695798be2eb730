import * as v from 'valibot';
import type { Log, LogEntry } from './log.ts';

const Damage = v.object({
  /** What is damaged and how that shows, as a sentence. */
  found: v.string(),
  /** What was done about it, as a sentence. */
  done: v.string(),
  /** Where the damaged files lie now; absent when there is nothing worth keeping. */
  keptIn: v.optional(v.string()),
  /** What came back from elsewhere, each named for people: `app one`. */
  restored: v.optional(v.array(v.string())),
  /** What is older now than it was. */
  older: v.optional(v.array(v.string())),
  /** What is gone. */
  lost: v.optional(v.array(v.string())),
  /** What the user can do, as a sentence. */
  next: v.optional(v.string()),
});
/** Something the platform keeps on disk was damaged. Whoever finds it sees to it and reports it once. */
export type Damage = Readonly<v.InferOutput<typeof Damage>>;

const event = 'damage found';

/** Has the log say it, from where the command line takes it up: a user must hear of each. */
export function reportDamage(log: Log, damage: Damage): void {
  log.warn(event, { ...damage });
}

/** The damage a line of the log tells of, if it does. */
export function damageIn(entry: LogEntry): Damage | undefined {
  if (entry.event !== event) return undefined;
  const damage = v.safeParse(Damage, entry.fields);
  return damage.success ? damage.output : undefined;
}
