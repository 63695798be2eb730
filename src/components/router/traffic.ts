/** A request that is over, as far as it counts. */
export interface Passage {
  /** App guid; absent for the platform's own endpoints. */
  readonly app: string | undefined;
  /** Of the endpoint that answered: always the same object for one registration. */
  readonly tags: Tags | undefined;
  /** Host name, without path. */
  readonly url: string;
  readonly status: number;
  /** Until the head of the answer; absent when the client left before. */
  readonly latencyMs: number | undefined;
}

export type Tags = Readonly<Record<string, string>>;

/** So many values of one tag are counted apart: whoever registers chooses them. */
const maxValues = 200;
const maxTags = 10;

/** Rates are those of the last whole slice of time, as in the original. */
const sliceMs = 2_000;

/** What was asked of a router, under the names that its `/varz` had in 2012. A request costs some increments. */
export class Traffic {
  readonly #all = new Tally();
  readonly #byTag = new Map<string, Map<string, Tally>>();
  readonly #talliesOf = new WeakMap<Tags, readonly Tally[]>();
  readonly #rates = new Rates();
  #bad = 0;

  /** A request that no instance answered. */
  countBad(nowMs: number): void {
    this.#all.requests += 1;
    this.#bad += 1;
    this.#rates.count(undefined, '', nowMs);
  }

  count(passage: Passage, nowMs: number): void {
    this.#all.count(passage);
    if (passage.tags !== undefined) for (const tally of this.#tallies(passage.tags)) tally.count(passage);
    this.#rates.count(passage.app, passage.url, nowMs);
  }

  /** @param isWhole whether all apps are to be seen, not only those with most requests */
  varz(nowMs: number, isWhole = false): object {
    const { requests, ...rest } = this.#all.varz();
    const tags = [...this.#byTag].map(([tag, values]) => {
      const tallies = [...values].map(([value, tally]) => [value, tally.varz()] as const);
      return [tag, Object.fromEntries(tallies)] as const;
    });
    return {
      requests,
      bad_requests: this.#bad,
      ...rest,
      tags: Object.fromEntries(tags),
      ...this.#rates.varz(nowMs, isWhole),
    };
  }

  #tallies(tags: Tags): readonly Tally[] {
    let tallies = this.#talliesOf.get(tags);
    if (tallies === undefined) {
      tallies = Object.entries(tags).flatMap(([tag, value]) => this.#tallyOf(tag, value) ?? []);
      this.#talliesOf.set(tags, tallies);
    }
    return tallies;
  }

  #tallyOf(tag: string, value: string): Tally | undefined {
    let values = this.#byTag.get(tag);
    if (values === undefined) {
      if (this.#byTag.size >= maxTags) return undefined;
      values = new Map();
      this.#byTag.set(tag, values);
    }
    let tally = values.get(value);
    if (tally === undefined) {
      if (values.size >= maxValues) return undefined;
      tally = new Tally();
      values.set(value, tally);
    }
    return tally;
  }
}

class Tally {
  requests = 0;
  #latencyMs = 0;
  #samples = 0;
  /** By the first digit of the status; 0 for what is none of 2 to 5. */
  readonly #responses = [0, 0, 0, 0, 0, 0];

  count({ status, latencyMs }: Passage): void {
    this.requests += 1;
    const hundred = Math.floor(status / 100);
    const place = latencyMs === undefined || hundred < 2 || hundred > 5 ? 0 : hundred;
    this.#responses[place] = (this.#responses[place] ?? 0) + 1;
    if (latencyMs === undefined) return;
    this.#latencyMs += latencyMs;
    this.#samples += 1;
  }

  varz() {
    const [none, , second, third, fourth, fifth] = this.#responses;
    return {
      requests: this.requests,
      latency: { value: Math.round(this.#latencyMs), samples: this.#samples },
      responses_2xx: second,
      responses_3xx: third,
      responses_4xx: fourth,
      responses_5xx: fifth,
      responses_xxx: none,
    };
  }
}

interface Slice {
  readonly number: number;
  requests: number;
  readonly apps: Map<string, { url: string; requests: number }>;
}

/** Counts by slices of time; only the present one and the one before it are kept. */
class Rates {
  #present = emptySlice(0);
  #last = emptySlice(-1);

  count(app: string | undefined, url: string, nowMs: number): void {
    this.#turnTo(Math.floor(nowMs / sliceMs));
    this.#present.requests += 1;
    if (app === undefined) return;
    const known = this.#present.apps.get(app);
    if (known === undefined) this.#present.apps.set(app, { url, requests: 1 });
    else known.requests += 1;
  }

  varz(nowMs: number, isWhole: boolean): object {
    this.#turnTo(Math.floor(nowMs / sliceMs));
    const perSecond = (requests: number) => Math.round(requests / (sliceMs / 1000));
    const sorted = [...this.#last.apps].sort(([, a], [, b]) => b.requests - a.requests);
    const apps = sorted.map(([app, { url, requests }]) => ({
      url, // the router of 2011 told the url, the ones after it the app
      application_id: app,
      rps: perSecond(requests),
      rpm: requests * (60_000 / sliceMs),
    }));
    return {
      requests_per_sec: perSecond(this.#last.requests),
      top10_app_requests: apps.slice(0, 10),
      ...(isWhole ? { top_app_requests: apps } : {}),
    };
  }

  #turnTo(number: number): void {
    if (number === this.#present.number) return;
    this.#last = number === this.#present.number + 1 ? this.#present : emptySlice(number - 1);
    this.#present = emptySlice(number);
  }
}

function emptySlice(number: number): Slice {
  return { number, requests: 0, apps: new Map() };
}
