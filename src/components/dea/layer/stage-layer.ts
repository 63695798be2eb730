import { randomUUID } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { LayerSource } from '#contract/dea.ts';
import { ActionableError } from '#ground/errors.ts';
import { removeTree } from '#ground/remove-tree.ts';
import { applyLayer } from './apply-layer.ts';
import { LayerBytes } from './layer-bytes.ts';
import { type LayerContents, readLayer } from './read-layer.ts';

/** A layer that is unpacked beside the trees it may be laid over, and has been checked. Disposing it removes what is left of it. */
export interface StagedLayer extends AsyncDisposable {
  readonly contents: LayerContents;
  /** To be called once: see `applyLayer`. */
  applyTo(root: string): Promise<number>;
}

export interface LayerPlace {
  /** On the file system of the trees. */
  readonly directory: string;
  /** Whether a file that lies on this machine anyway is used where it is. */
  readonly usesLocalFiles: boolean;
}

/** Fewer than in a droplet: a layer is what changed. */
const maxFiles = 100_000;

/**
 * Fetches a layer. A bad one has touched nothing.
 * @param maxBytes of all its files together
 * @throws ActionableError START_FAILED, BAD_INPUT, DISK_FULL; the signal's reason
 */
export async function stageLayer(
  source: LayerSource,
  place: LayerPlace,
  maxBytes: number,
  signal: AbortSignal,
): Promise<StagedLayer> {
  await using bytes = await LayerBytes.open(source, place.usesLocalFiles, signal);
  const own = join(place.directory, randomUUID());
  await mkdir(own, { mode: 0o700 });
  const remove = () => removeTree(own);
  const directory = join(own, 'members');
  try {
    const contents = await contentsOf(bytes, directory, { maxFiles, maxBytes });
    signal.throwIfAborted();
    const layer = { ...contents, directory, aside: join(own, 'aside') };
    return { contents, applyTo: (root) => applyLayer(layer, root), [Symbol.asyncDispose]: remove };
  } catch (error) {
    await remove();
    throw error;
  }
}

async function contentsOf(
  bytes: LayerBytes,
  directory: string,
  limits: { maxFiles: number; maxBytes: number },
): Promise<LayerContents> {
  try {
    const contents = await readLayer(bytes, directory, limits);
    await bytes.verify();
    return contents;
  } catch (error) {
    // That these are other bytes says more than what is wrong with them.
    if (error instanceof ActionableError && error.code === 'BAD_INPUT') await bytes.verify();
    throw error;
  }
}
