/** Where an instance should be. */
export interface Place {
  readonly app: string;
  readonly version: string;
  readonly index: number;
}

interface Delayed {
  readonly place: Place;
  timer: NodeJS.Timeout | undefined;
}

/** Restarts that wait for their time. One that is called off stays due: somebody has to decide about it again. */
export class DelayedRestarts implements Disposable {
  readonly #delayed = new Map<string, Delayed>();

  /** A restart of the place that waits already is left as it is. */
  schedule(place: Place, delayMs: number, restart: () => void): void {
    const key = keyOf(place);
    if (this.#delayed.get(key)?.timer !== undefined) return;
    const timer = setTimeout(() => {
      this.#delayed.delete(key);
      restart();
    }, delayMs);
    this.#delayed.set(key, { place, timer });
  }

  isWaiting(place: Place): boolean {
    return this.#delayed.get(keyOf(place))?.timer !== undefined;
  }

  isDue(place: Place): boolean {
    const found = this.#delayed.get(keyOf(place));
    return found !== undefined && found.timer === undefined;
  }

  callOff(app: string): void {
    for (const each of this.#delayed.values()) {
      if (each.place.app !== app) continue;
      clearTimeout(each.timer);
      each.timer = undefined;
    }
  }

  /** Forgets all places but those. */
  keep(isWanted: (place: Place) => boolean): void {
    for (const [key, { place, timer }] of this.#delayed) {
      if (isWanted(place)) continue;
      clearTimeout(timer);
      this.#delayed.delete(key);
    }
  }

  [Symbol.dispose](): void {
    this.keep(() => false);
  }
}

export function keyOf({ app, version, index }: Place): string {
  return `${app}\n${version}\n${index}`;
}
