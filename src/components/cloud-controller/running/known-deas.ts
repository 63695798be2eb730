import type { Advertisement } from '#contract/dea.ts';
import { familyOf, installHintOf } from '#contract/runtimes.ts';

interface KnownDea {
  readonly runtimes: readonly string[];
  readonly seenMs: number;
}

/** A full DEA advertises nothing, so what one said is believed for long. */
const rememberedMs = 10 * 60_000;

/** What the DEAs say they can run. */
export class KnownDeas {
  readonly #deas = new Map<string, KnownDea>();

  advertised({ id, runtimes }: Advertisement, nowMs: number): void {
    this.#deas.set(id, { runtimes: runtimes ?? [], seenMs: nowMs });
    for (const [other, { seenMs }] of this.#deas) if (nowMs - seenMs > rememberedMs) this.#deas.delete(other);
  }

  get count(): number {
    return this.#deas.size;
  }

  /** Whether some DEA may have the runtime: also while no DEA has said what it has. */
  mayHave(runtime: string | null): boolean {
    if (runtime === null || runtime === '' || this.#deas.size === 0) return true;
    const family = familyOf(runtime);
    const isIt = (name: string) => name === runtime || (family !== undefined && familyOf(name) === family);
    return [...this.#deas.values()].some(({ runtimes }) => runtimes.some(isIt));
  }

  /**
   * The name under which DEAs have a runtime. DEAs of 2012 know runtimes by their very names, and staging may have found
   * no more than the family (`ruby`): then it is a name of that family which they have. @param id of one DEA; else of all
   */
  nameOf(runtime: string | null, id?: string): string | null {
    if (runtime === null || familyOf(runtime) !== runtime) return runtime;
    const one = id === undefined ? undefined : this.#deas.get(id);
    const names = (one === undefined ? [...this.#deas.values()] : [one]).flatMap(({ runtimes }) => runtimes);
    return names.find((name) => name !== runtime && familyOf(name) === runtime) ?? runtime;
  }

  /** Why no DEA took an instance, for people. */
  whyNone({ runtime, memoryMb }: { runtime: string | null; memoryMb: number }): string {
    if (!this.mayHave(runtime)) return needs(runtime ?? '', this.#deas.size);
    if (this.#deas.size === 0) return 'no DEA is there: start one with `localpaas up`, or `localpaas dea --join …`';
    return `no DEA has room for ${memoryMb} MB: stop or scale down other apps, or give this one less memory`;
  }
}

function needs(runtime: string, deas: number): string {
  const family = familyOf(runtime);
  const where = deas === 1 ? 'is not on this machine' : `none of the ${deas} DEAs has`;
  return family === undefined
    ? `needs the runtime ${runtime}, which ${where}`
    : `needs ${family}, which ${where}: ${installHintOf(family)}`;
}
