import { Readable } from 'node:stream';
import type { Blobs, HeldBlob } from '../bits/blobs.ts';
import type { LayerRecord } from '../records.ts';

/** A layer on its way to the disk: it can be read already. */
export interface IncomingLayer {
  readonly layer: LayerRecord;
  /** Rejects when it cannot be stored; on disk, also after a power cut, when it resolves. */
  readonly kept: Promise<unknown>;
  /** To be called when its record is stored, or is not going to be: then it is deleted. */
  release(): Promise<void>;
}

interface Incoming {
  readonly kept: Promise<HeldBlob>;
  path: string;
}

/** Layers in the blob store, and those on their way there: an instance need not wait for the disk. */
export class LayerBlobs {
  readonly #blobs: Blobs;
  readonly #incoming = new Map<string, Incoming>();

  constructor(blobs: Blobs) {
    this.#blobs = blobs;
  }

  /** @throws ActionableError DISK_FULL */
  async take(bytes: Buffer): Promise<IncomingLayer> {
    const blob = await this.#blobs.take(Readable.from([bytes]), 'the layer');
    const { sha256, sizeBytes, path } = blob;
    const incoming: Incoming = { kept: blob.keep(), path };
    this.#incoming.set(sha256, incoming);
    const moved = () => {
      incoming.path = this.#blobs.pathOf(sha256);
    };
    const release = async () => {
      if (this.#incoming.get(sha256) === incoming) this.#incoming.delete(sha256);
      const held = await incoming.kept.catch(() => blob); // it was never stored: then its bytes go
      await held[Symbol.asyncDispose]();
    };
    return { layer: { sha256, sizeBytes }, kept: incoming.kept.then(moved), release };
  }

  /** Where it is on this machine just now. */
  pathOf(sha256: string): string {
    return this.#incoming.get(sha256)?.path ?? this.#blobs.pathOf(sha256);
  }

  /** Whether it has come and its record has not. */
  async isComing(sha256: string): Promise<boolean> {
    const incoming = this.#incoming.get(sha256);
    await incoming?.kept;
    return incoming !== undefined;
  }

  async bytesOf(sha256: string): Promise<Buffer> {
    const chunks: Buffer[] = [];
    for await (const chunk of this.#blobs.read(sha256)) chunks.push(chunk as Buffer); // no encoding is set
    return Buffer.concat(chunks);
  }
}
