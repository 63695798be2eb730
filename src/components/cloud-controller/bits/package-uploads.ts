import * as v from 'valibot';
import { ApiError } from '#contract/api/errors.ts';
import { Resource } from '#contract/api/resources.ts';
import { V1Resource } from '#contract/api/v1.ts';
import type { ArchiveLimits } from '#ground/archive-members.ts';
import { AsyncDisposableStack } from '#ground/async-disposable-stack.ts';
import { ActionableError, messageOf } from '#ground/errors.ts';
import type { HttpRequest } from '#ground/http-server.ts';
import type { Log } from '#ground/log.ts';
import { readMultipart } from '#ground/multipart.ts';
import { reasonOf } from '#ground/reason-of.ts';
import { openZip, type Zip } from '#ground/unzip.ts';
import { sleep } from '#ground/wait.ts';
import type { BackgroundWork } from '../background-work.ts';
import type { PackageRecord } from '../records.ts';
import type { Store } from '../store.ts';
import type { Blobs, HeldBlob, IncomingBlob } from './blobs.ts';
import { checkWholeZip, composePackage, type KnownFile, poolFiles } from './package-zip.ts';
import type { ResourcePool } from './resource-pool.ts';

interface PackageLimits extends ArchiveLimits {
  /** Of an upload. */
  readonly maxUploadBytes: number;
}

export interface PackageUploadsParts {
  readonly store: Store;
  readonly blobs: Blobs;
  readonly pool: ResourcePool;
  readonly log: Log;
  readonly limits: PackageLimits;
  /** How long after an upload its files go into the pool, in ms: staging has the machine to itself first. */
  readonly poolDelayMs: number;
  readonly background: BackgroundWork;
  /** Aborts when the platform stops. */
  readonly signal: AbortSignal;
}

interface StoredPackage extends AsyncDisposable {
  readonly blob: HeldBlob;
  /** Files whose content is in the pool already. */
  readonly knownPaths: ReadonlySet<string>;
}

const resourcesLimitBytes = 16 * 1024 * 1024;
const Path = v.pipe(v.string(), v.nonEmpty());
const KnownFiles = v.array(v.looseObject({ ...Resource.entries, path: Path }));
const KnownFilesOfV1 = v.array(
  v.pipe(
    v.looseObject({ ...V1Resource.entries, fn: Path }),
    v.transform(({ fn, sha1, size }): KnownFile => ({ path: fn, checksum: { value: sha1 }, size_in_bytes: size })),
  ),
);

/** How clients send bits: the name of the zip's part, and what a known file looks like. */
const dialects = {
  v3: { part: 'bits', knownFiles: KnownFiles, fields: '`path`, `mode`, `checksum.value` and `size_in_bytes`' },
  v1: { part: 'application', knownFiles: KnownFilesOfV1, fields: '`fn`, `sha1` and `size`' },
} as const;
export type UploadDialect = keyof typeof dialects;
type Dialect = (typeof dialects)[UploadDialect];

/** Takes in the bits of packages. */
export class PackageUploads {
  readonly #parts: PackageUploadsParts;
  readonly #underWay = new Set<string>();

  constructor(parts: PackageUploadsParts) {
    this.#parts = parts;
  }

  /**
   * Reads an upload to its end and makes the package READY, or FAILED with the reason; then nothing of it is left.
   * @throws ApiError 422 for what was sent, 503 when it cannot be stored
   */
  async receive(record: PackageRecord, request: HttpRequest, dialect: UploadDialect): Promise<PackageRecord> {
    const { guid } = record;
    if (record.state !== 'AWAITING_UPLOAD' || this.#underWay.has(guid)) {
      throw new ApiError(
        'CF-AppBitsUploadInvalid',
        'Bits may be uploaded only once. Create a new package to upload different bits.',
      );
    }
    this.#underWay.add(guid);
    try {
      await using stored = await this.#store(request, dialects[dialect]);
      const { sha256, sizeBytes } = stored.blob;
      const { knownPaths } = stored;
      const ready = await this.#parts.store.update('package', guid, (now) => ({
        ...now,
        state: 'READY',
        sha256,
        sizeBytes,
      }));
      this.#parts.background.run('files not pooled', () => this.#pool(sha256, knownPaths));
      return ready;
    } catch (error) {
      throw await this.#fail(guid, error);
    } finally {
      this.#underWay.delete(guid);
    }
  }

  async #store({ raw }: HttpRequest, dialect: Dialect): Promise<StoredPackage> {
    const { blobs, limits } = this.#parts;
    await using arrived = new AsyncDisposableStack();
    const sent: { zip?: IncomingBlob } = {};
    const texts = await readMultipart(raw, {
      texts: { resources: resourcesLimitBytes },
      files: {
        [dialect.part]: async (content) => {
          sent.zip = arrived.use(await blobs.take(content, 'the package', limits.maxUploadBytes));
        },
      },
    });
    const known = knownFilesOf(texts.get('resources'), dialect);
    if (sent.zip === undefined && known.length === 0) throw nothingSent(dialect);
    const zip = sent.zip === undefined ? undefined : arrived.use(await openZip(sent.zip.path, limits));
    if (zip === undefined || sent.zip === undefined || known.length > 0) {
      return storedAs(await this.#compose(zip, known), known);
    }
    await checkWholeZip(zip);
    return storedAs(await sent.zip.keep(), known);
  }

  async #compose(zip: Zip | undefined, known: readonly KnownFile[]): Promise<HeldBlob> {
    const { blobs, pool, limits } = this.#parts;
    const content = await composePackage(zip, known, { pool, limits });
    await using composed = await blobs.take(content, 'the package');
    return await composed.keep();
  }

  async #fail(guid: string, error: unknown): Promise<unknown> {
    const explained = explain(error);
    if (!(explained instanceof ApiError)) this.#parts.log.error('upload failed', { guid, error: messageOf(error) });
    const reason = explained instanceof ApiError ? explained.message : 'The platform failed to take in the upload.';
    try {
      await this.#parts.store.update('package', guid, (now) => ({ ...now, state: 'FAILED', error: reason }));
    } catch (cause) {
      // The package may have been deleted meanwhile; what the client must hear is why the upload failed.
      this.#parts.log.debug('failed upload not recorded', { guid, error: messageOf(cause) });
    }
    return explained;
  }

  async #pool(sha256: string, knownPaths: ReadonlySet<string>): Promise<void> {
    const { blobs, pool, limits, poolDelayMs, signal } = this.#parts;
    await sleep(poolDelayMs, signal);
    await using zip = await openZip(blobs.pathOf(sha256), limits);
    await poolFiles(zip, pool, { knownPaths, signal });
  }
}

function storedAs(blob: HeldBlob, known: readonly KnownFile[]): StoredPackage {
  return {
    blob,
    knownPaths: new Set(known.map(({ path }) => path)),
    [Symbol.asyncDispose]: () => blob[Symbol.asyncDispose](),
  };
}

function knownFilesOf(text: string | undefined, dialect: Dialect): readonly KnownFile[] {
  if (text === undefined || text.trim() === '') return [];
  const parsed = v.safeParse(dialect.knownFiles, jsonOf(text, dialect));
  if (!parsed.success) throw badResources(reasonOf(parsed.issues), dialect);
  return parsed.output;
}

function jsonOf(text: string, dialect: Dialect): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw badResources(messageOf(cause), dialect);
  }
}

function badResources(reason: string, { fields }: Dialect): ActionableError {
  return new ActionableError(
    'BAD_INPUT',
    `The part 'resources' is no list of known files: ${reason}.`,
    `Send a JSON list of ${fields}, or an empty list.`,
  );
}

function nothingSent({ part }: Dialect): ActionableError {
  return new ActionableError(
    'BAD_INPUT',
    'The upload has neither bits nor known files.',
    `Send a zip of the app in a part named '${part}'.`,
  );
}

/** What the client hears. What is neither its fault nor the disk's stays as it is: a bug. */
function explain(error: unknown): unknown {
  if (!(error instanceof ActionableError)) return error;
  const title = error.code === 'DISK_FULL' ? 'CF-ServiceUnavailable' : 'CF-AppBitsUploadInvalid';
  return new ApiError(title, `${error.message} ${error.remedy}`, { cause: error });
}
