import type { LayerSource } from '#contract/dea.ts';
import { messageOf } from '#ground/errors.ts';
import type { Log } from '#ground/log.ts';
import type { StagedLayer } from './stage-layer.ts';

export interface LayersOptions {
  /** Where layers are unpacked; on the file system of the instances. */
  readonly directory: string;
  /** Whether a file that lies on this machine anyway is used where it is. */
  readonly usesLocalFiles: boolean;
  readonly log: Log;
}

/** Layers on their way into instances. Disposing it waits until nothing is left of them. */
export class Layers implements AsyncDisposable {
  readonly #options: LayersOptions;
  readonly #removing = new Set<Promise<void>>();

  constructor(options: LayersOptions) {
    this.#options = options;
  }

  /** Layers take some loading, and most apps have none. To be called a moment before there is one. */
  load() {
    return import('./stage-layer.ts');
  }

  /**
   * Fetches a layer, and gives it to `work`. What is left of it is removed later: whoever waits for `work` does not wait for
   * that.
   * @param maxBytes of all its files together
   * @throws ActionableError START_FAILED, BAD_INPUT, DISK_FULL; the signal's reason; what `work` throws
   */
  async use<T>(
    source: LayerSource,
    maxBytes: number,
    work: (layer: StagedLayer) => Promise<T>,
    signal: AbortSignal,
  ): Promise<T> {
    const { stageLayer } = await this.load();
    const layer = await stageLayer(source, this.#options, maxBytes, signal);
    try {
      return await work(layer);
    } finally {
      const removing: Promise<void> = this.#remove(layer).finally(() => this.#removing.delete(removing));
      this.#removing.add(removing);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#removing);
  }

  async #remove(layer: StagedLayer): Promise<void> {
    try {
      await layer[Symbol.asyncDispose]();
    } catch (error) {
      this.#options.log.error('layer not removed', { error: messageOf(error) });
    }
  }
}
