import { processIn } from '../process-guid.ts';
import type { DropletRecord, RevisionRecord } from '../records.ts';
import { asOf } from '../revisions.ts';
import type { Store } from '../store.ts';
import { type Desired, desiredAs, desiredOf } from './desired.ts';

/** A version of an app that is to take over from the one that runs. */
export interface Wish {
  readonly app: string;
  readonly version: string;
  readonly revision: RevisionRecord;
  /** That of the revision, which may not be stored yet. */
  readonly droplet: DropletRecord;
}

/**
 * Versions of apps that run beside what should run: those that are to take over, and those that stand by until that is
 * sure. To health managers either is one too many.
 */
export class Versions {
  readonly #store: Store;
  readonly #wishes = new Map<string, Wish>();
  /** By app. */
  readonly #standingBy = new Map<string, ReadonlySet<string>>();

  constructor(store: Store) {
    this.#store = store;
  }

  wish(wish: Wish): void {
    this.#wishes.set(wish.app, wish);
  }

  /** Nothing is to take over any more. */
  forget({ app, version }: Pick<Wish, 'app' | 'version'>): void {
    if (this.#wishes.get(app)?.version === version) this.#wishes.delete(app);
  }

  standBy(app: string, versions: readonly string[]): void {
    if (versions.length === 0) this.#standingBy.delete(app);
    else this.#standingBy.set(app, new Set(versions));
  }

  standingBy(app: string): readonly string[] {
    return [...(this.#standingBy.get(app) ?? [])];
  }

  /** What should run of a process in this version; undefined when nothing should. */
  desiredAt(process: string, version: string): Desired | undefined {
    const desired = desiredOf(this.#store, process);
    return desired?.version === version ? desired : this.wished(process, version);
  }

  /** Whether this is the version that is to take over. */
  isWished(app: string, version: string | undefined): boolean {
    return version !== undefined && this.#wishes.get(app)?.version === version;
  }

  /** What is to take over from what runs of a process. */
  wished(process: string, version: string): Desired | undefined {
    const wish = this.#wishes.get(processIn(process).app);
    const app = wish === undefined ? undefined : this.#store.get('app', wish.app);
    if (wish?.version !== version || app === undefined) return undefined;
    return desiredAs(this.#store, process, asOf(app, wish.revision), wish);
  }

  /** Whether instances of this version are left alone, also where the ones that should run are there. */
  protects(process: string, version: string): boolean {
    const { app } = processIn(process);
    return this.#wishes.get(app)?.version === version || this.#standingBy.get(app)?.has(version) === true;
  }

  /** The versions whose instances get requests. */
  serving(app: string): string[] {
    const wish = this.#wishes.get(app);
    const desired = desiredOf(this.#store, app);
    return [desired?.version, wish?.version].filter((version) => version !== undefined);
  }
}
