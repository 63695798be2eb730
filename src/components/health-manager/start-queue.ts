/** DEAs that leave come before what is missing, and that before what crashes. */
const priorities = ['high', 'normal', 'low'] as const;
export type Priority = (typeof priorities)[number];

export interface QueueRules {
  /** So many are let go in each period; 0 is no limit. */
  readonly startBatch: number;
  readonly startBatchEveryMs: number;
}

/**
 * Lets starts go at once as long as there are few of them, and so many in each period when there are more: a platform
 * that lost half its machines is not to be asked for everything in one moment.
 */
export class StartQueue implements Disposable {
  readonly #rules: QueueRules;
  readonly #waiting = new Map<Priority, Map<string, () => void>>(priorities.map((each) => [each, new Map()]));
  #period: NodeJS.Timeout | undefined;
  #left = 0;

  constructor(rules: QueueRules) {
    this.#rules = rules;
  }

  get size(): number {
    let size = 0;
    for (const { size: some } of this.#waiting.values()) size += some;
    return size;
  }

  /** What waits already under that key goes on to wait, at the better of its places. */
  add(key: string, priority: Priority, start: () => void): void {
    if (this.#rules.startBatch === 0) {
      start();
      return;
    }
    const isFirst = priorities.slice(0, priorities.indexOf(priority) + 1).every((each) => !this.#of(each).has(key));
    if (!isFirst) return;
    for (const each of priorities) this.#of(each).delete(key);
    this.#of(priority).set(key, start);
    this.#letGo();
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#period);
    for (const each of this.#waiting.values()) each.clear();
  }

  #letGo(): void {
    if (this.#period === undefined) {
      this.#left = this.#rules.startBatch;
      this.#period = setTimeout(() => {
        this.#period = undefined;
        if (this.size > 0) this.#letGo();
      }, this.#rules.startBatchEveryMs);
    }
    while (this.#left > 0) {
      const start = this.#next();
      if (start === undefined) return;
      this.#left -= 1;
      start();
    }
  }

  #next(): (() => void) | undefined {
    for (const priority of priorities) {
      for (const [key, start] of this.#of(priority)) {
        this.#of(priority).delete(key);
        return start;
      }
    }
    return undefined;
  }

  #of(priority: Priority): Map<string, () => void> {
    return this.#waiting.get(priority) ?? new Map();
  }
}
