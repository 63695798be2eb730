import {
  forgetPlaced,
  type PlacedState,
  placeRemains,
  type StateEvidence,
} from '#components/cloud-controller/index.ts';
import { messagesOf, putStoreBack, setStoreAside } from '#components/nats-server/index.ts';
import { desiredStateStream } from '#contract/stored-state.ts';
import { type Damage, reportDamage } from '#ground/damage.ts';
import type { DamagedStore } from '#ground/damaged-store.ts';
import type { PlatformContext } from '../settings.ts';
import type { StoreGuard } from '../store-guard.ts';

/** Sets the message bus's store aside, as much of it as must be, and has the next start restore what was in it. */
export class StoreMender {
  readonly #home: PlatformContext['home'];
  readonly #log: PlatformContext['log'];
  readonly #guard: StoreGuard;
  /** Parts that were set aside. */
  readonly #done = new Set<string>();
  readonly #damages: Damage[] = [];
  /** How to undo what was done because the server did not start, as long as that may not have been the reason. */
  #takeBack: (() => Promise<void>) | undefined;

  constructor({ home, log }: Pick<PlatformContext, 'home' | 'log'>, guard: StoreGuard) {
    this.#home = home;
    this.#log = log;
    this.#guard = guard;
  }

  async mendStream({ stream, problems, evidence }: DamagedStore): Promise<boolean> {
    if (this.#done.has(stream)) return this.mendAll(problems.join(', '));
    this.#done.add(stream);
    const isState = stream === desiredStateStream;
    // A cloud controller found it damaged, so the evidence is its own.
    const placed = isState ? await this.#place(evidence as StateEvidence | undefined) : undefined;
    const keptIn = await setStoreAside(this.#serverDir, { stream }, isState ? this.#guard.blocks : []);
    if (isState) this.#guard.forget();
    const found = `What the message bus stored in ${stream} is damaged: ${problems.join(', ')}.`;
    this.#note(found, placed, keptIn);
    return true;
  }

  /** @param reason why the server does not work */
  async mendAll(reason: string): Promise<boolean> {
    if (this.#done.has('all') || reason.includes('permission denied')) return false;
    this.#done.add('all');
    const placed = await this.#place(undefined);
    const keptIn = await setStoreAside(this.#serverDir, 'all', this.#guard.blocks);
    if (keptIn === undefined) {
      if (placed.isNew) await forgetPlaced(this.#stateDir);
      return false;
    }
    this.#guard.forget();
    this.#takeBack = async () => {
      await putStoreBack(this.#serverDir, keptIn);
      if (placed.isNew) await forgetPlaced(this.#stateDir);
    };
    this.#note(`The message bus's store is damaged: ${reason.replace(/\.$/, '')}.`, placed, keptIn, ['events of apps']);
    return true;
  }

  tell(): void {
    for (const damage of this.#damages) reportDamage(this.#log, damage);
  }

  async takeBack(): Promise<void> {
    await this.#takeBack?.();
  }

  get #serverDir(): string {
    return this.#home.directoryOf('nats-server');
  }

  get #stateDir(): string {
    return this.#home.directoryOf('cloud-controller');
  }

  async #place(evidence: StateEvidence | undefined): Promise<PlacedState> {
    const messages = await messagesOf(desiredStateStream, this.#guard.blocks);
    return placeRemains(this.#stateDir, { evidence, messages });
  }

  #note(found: string, placed: PlacedState | undefined, keptIn: string | undefined, alsoLost: string[] = []): void {
    const { restored = [], older = [], lost = [] } = placed ?? { lost: ['events of apps'] };
    this.#damages.push({
      found,
      done: placed === undefined ? 'It was set aside and is made anew. The apps are not concerned.' : sourceOf(placed),
      ...(keptIn === undefined ? {} : { keptIn }),
      restored: [...restored],
      older: [...older],
      lost: [...lost, ...alsoLost],
    });
    this.#log.info('damaged store set aside', { keptIn });
  }
}

function sourceOf({ writtenAt, isEmpty }: PlacedState): string {
  const rest = 'what could still be read of it';
  if (isEmpty) return 'It was set aside. Nothing of it can be read, nor a snapshot, so the platform is empty now.';
  if (writtenAt === undefined) return `It was set aside. There is no snapshot, so it was filled anew with ${rest}.`;
  return `It was set aside, and filled anew from the snapshot of ${writtenAt} and ${rest}.`;
}
