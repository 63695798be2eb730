import type { LayerSource } from '#contract/dea.ts';
import { addressWith, type Credentials } from '#vcap/credentials.ts';
import type { DropletRecord } from '../records.ts';
import type { LayerBlobs } from './layer-blobs.ts';

interface Having {
  readonly layerBlobs: LayerBlobs;
  readonly deaCredentials: Credentials;
  readonly ownAddress: () => string;
}

/** Where DEAs have the layer of a droplet. */
export function layerSourceFor({ layerBlobs, deaCredentials, ownAddress }: Having) {
  return ({ app, layer }: DropletRecord): LayerSource | undefined => {
    if (layer === undefined) return undefined;
    const { sha256 } = layer;
    const uri = `${addressWith(ownAddress(), deaCredentials)}/staged_layers/${app}/${sha256}`;
    return { sha256, uri, file: layerBlobs.pathOf(sha256) };
  };
}
