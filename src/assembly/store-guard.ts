import {
  areWalkable,
  type Block,
  haveShrunk,
  messagesOf,
  readBlocks,
  type StoredMessage,
} from '#components/nats-server/index.ts';
import { desiredStateStream, eventsStream } from '#contract/stored-state.ts';
import { DamagedStore } from '#ground/damaged-store.ts';

/**
 * Looks at the files of the desired state before and after the message bus's server opened them: it cuts a file off at
 * the first damaged record, and says nothing of what came behind.
 */
export class StoreGuard {
  readonly #dataDir: string;
  #blocks: readonly Block[] = [];

  /** @param dataDir the server's */
  constructor(dataDir: string) {
    this.#dataDir = dataDir;
  }

  /** The files as they were before the server opened them. */
  get blocks(): readonly Block[] {
    return this.#blocks;
  }

  /**
   * To be called before a server opens the store. What was there before an earlier one opened it, counts on.
   * @throws DamagedStore when the server would not survive that, and perhaps not the machine
   */
  look(): void {
    if (this.#blocks.length === 0) this.#blocks = readBlocks(this.#dataDir, desiredStateStream);
    if (!areWalkable(this.#blocks)) throw unwalkable(desiredStateStream);
    if (!areWalkable(readBlocks(this.#dataDir, eventsStream))) throw unwalkable(eventsStream);
  }

  /**
   * To be called when the server has opened the store, before anybody writes to it. An end that a power cut left
   * unfinished may be gone: nobody was told that it was stored.
   * @throws DamagedStore when newer states of records were cut off than are left
   */
  async check(): Promise<void> {
    if (!haveShrunk(this.#dataDir, desiredStateStream, this.#blocks)) return;
    const [before, after] = [this.#blocks, readBlocks(this.#dataDir, desiredStateStream)];
    const left = newestOf(await messagesOf(desiredStateStream, after));
    const lost = [...newestOf(await messagesOf(desiredStateStream, before))].filter(
      ([subject, sequence]) => (left.get(subject) ?? 0) < sequence,
    );
    if (lost.length === 0) return;
    const records = lost.length === 1 ? 'one record' : `${lost.length} records`;
    throw new DamagedStore(desiredStateStream, [`${records} lay behind damaged bytes`], {});
  }

  /** The files were read and all is well, or they were set aside. */
  forget(): void {
    this.#blocks = [];
  }
}

function unwalkable(stream: string): DamagedStore {
  return new DamagedStore(stream, ['its messages are not in order'], {});
}

function newestOf(messages: readonly StoredMessage[]): Map<string, number> {
  return new Map(messages.map(({ subject, sequence }) => [subject, sequence]));
}
