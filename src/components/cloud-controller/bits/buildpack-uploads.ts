import { ApiError } from '#contract/api/errors.ts';
import { AsyncDisposableStack } from '#ground/async-disposable-stack.ts';
import { ActionableError } from '#ground/errors.ts';
import type { HttpRequest } from '#ground/http-server.ts';
import { readMultipart } from '#ground/multipart.ts';
import { openZip } from '#ground/unzip.ts';
import type { BuildpackRecord } from '../records.ts';
import type { Store } from '../store.ts';
import type { Blobs, HeldBlob, IncomingBlob } from './blobs.ts';
import { checkWholeZip } from './package-zip.ts';

export interface BuildpackUploadsParts {
  readonly store: Store;
  readonly blobs: Blobs;
  /** Of an upload. */
  readonly maxBytes: number;
}

/** What a buildpack has in `bin/`, at its top or in the one folder there. */
const script = /^(?:[^/]+\/)?bin\/(?:detect|compile|supply|finalize)$/;

/** Takes in the zips of buildpacks. */
export class BuildpackUploads {
  readonly #parts: BuildpackUploadsParts;

  constructor(parts: BuildpackUploadsParts) {
    this.#parts = parts;
  }

  /** Reads an upload to its end. The buildpack keeps what it has when it fails. @throws ApiError 422, 503 */
  async receive({ guid }: BuildpackRecord, request: HttpRequest): Promise<BuildpackRecord> {
    try {
      await using arrived = new AsyncDisposableStack();
      const { blob, filename } = await this.#take(arrived, request);
      const { sha256, sizeBytes } = blob;
      return await this.#parts.store.update('buildpack', guid, (now) => ({ ...now, sha256, sizeBytes, filename }));
    } catch (error) {
      if (!(error instanceof ActionableError)) throw error;
      const title = error.code === 'DISK_FULL' ? 'CF-ServiceUnavailable' : 'CF-UnprocessableEntity';
      throw new ApiError(title, `${error.message} ${error.remedy}`, { cause: error });
    }
  }

  async #take(
    arrived: AsyncDisposableStack,
    { raw }: HttpRequest,
  ): Promise<{ blob: HeldBlob; filename: string | null }> {
    const { blobs, maxBytes } = this.#parts;
    const sent: { zip?: IncomingBlob; filename?: string | undefined } = {};
    await readMultipart(raw, {
      files: {
        bits: async (content, { filename }) => {
          sent.zip = arrived.use(await blobs.take(content, 'the buildpack', maxBytes));
          sent.filename = filename;
        },
      },
    });
    if (sent.zip === undefined) {
      throw new ActionableError('BAD_INPUT', 'The upload has no buildpack.', "Send its zip in a part named 'bits'.");
    }
    const zip = arrived.use(await openZip(sent.zip.path));
    await checkWholeZip(zip);
    if (!zip.entries.some(({ path }) => script.test(path))) {
      throw new ActionableError(
        'BAD_INPUT',
        'The zip is no buildpack: it has no bin/detect, bin/supply, bin/finalize or bin/compile.',
        'Zip the folder in which bin/ lies.',
      );
    }
    return { blob: arrived.use(await sent.zip.keep()), filename: shownName(sent.filename) };
  }
}

function shownName(filename: string | undefined): string | null {
  const name = (filename ?? '').replace(/.*[/\\]/, '').replaceAll(/\p{Cc}/gu, '');
  return name === '' ? null : name.slice(0, 255);
}
