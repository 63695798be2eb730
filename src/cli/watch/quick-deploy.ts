import type { App } from '#contract/api/resources.ts';
import { ActionableError } from '#ground/errors.ts';
import { ApiClient } from '../api-client.ts';
import type { Cli } from '../cli.ts';
import { LogReader } from '../log-reader.ts';
import type { AppFile } from '../push/app-file.ts';
import type { ContentHashes } from '../push/content-hashes.ts';
import { deployLayer, syncLayer } from './deploy-layer.ts';
import type { DeployedVersion } from './deploy-version.ts';
import { canBeLayer, changesSince, layerOf } from './layer.ts';
import { diagnosed } from './version-failed.ts';

/** What was staged last, and serves with the layer that was sent last. */
interface Base {
  /** Guid of the droplet. */
  readonly droplet: string;
  readonly packageGuid: string;
  /** What it was made of. */
  readonly files: readonly AppFile[];
  /** The permissions that staging gave everything, where it did. */
  readonly mode: Promise<number | undefined>;
}

/**
 * The quick way from a save to a version that serves: what differs from what was staged last is sent as a layer over it.
 * Open only to changes that staging would not notice.
 */
export class QuickDeploy {
  readonly #hashes: ContentHashes;
  readonly #isSync: boolean;
  #base: Base | undefined;
  /** Paths that were in a layer once: instances that go on have them, whatever they are now. */
  #sent = new Set<string>();
  #isUnsettled = false;
  #isClosed = false;

  /** @param isSync layers are put into instances that go on, over those before */
  constructor(hashes: ContentHashes, isSync: boolean) {
    this.#hashes = hashes;
    this.#isSync = isSync;
  }

  /** Whether what serves is not a droplet that was staged as a whole. */
  get isUnsettled(): boolean {
    return this.#isUnsettled;
  }

  /** Another droplet serves, and nothing is laid over it. */
  rebase(base: Base): void {
    if (!this.#isClosed) this.#base = base;
    this.#sent = new Set();
    this.#isUnsettled = false;
  }

  /** A whole droplet with the same content took its place. Layers are laid over the same one as before, for which
   * instances are prepared. */
  settled(): void {
    this.#isUnsettled = false;
  }

  /** For good: staging makes something else of this app's files. */
  close(): void {
    this.#isClosed = true;
    this.#base = undefined;
  }

  /**
   * @returns `undefined` when the version has to be pushed
   * @throws VersionFailed; the system's error for a file that is gone by now
   */
  async deploy(
    cli: Cli,
    app: App | undefined,
    files: readonly AppFile[],
    folder: string,
  ): Promise<DeployedVersion | undefined> {
    const base = this.#base;
    const changes = base && changesSince(base.files, files, this.#isSync ? this.#sent : undefined);
    if (app === undefined || base === undefined || changes === undefined || !canBeLayer(changes)) return undefined;
    const startedAt = performance.now();
    const layer = layerOf(folder, changes, { hashes: this.#hashes, mode: await base.mode });
    const api = await ApiClient.open(cli);
    const log = new LogReader(api, app.guid).mark();
    const target = { app, base: base.droplet };
    try {
      const { proved } = this.#isSync
        ? { proved: syncLayer(api, target, layer, cli.signal) }
        : await deployLayer(api, target, layer, cli.signal);
      if (this.#isSync) await proved;
      for (const { path } of changes) this.#sent.add(path);
      this.#isUnsettled = true;
      const paths = new Set(files.map(({ path }) => path));
      const known = proved.catch(async (error: unknown) =>
        Promise.reject(await diagnosed(error, { api, app, log, paths })),
      );
      known.catch(() => {}); // whoever it is told to may look at it later
      const steps = { start: Math.round(performance.now() - startedAt) };
      const { packageGuid, droplet } = base;
      const way = this.#isSync ? 'synced' : 'layered';
      return { app, packageGuid, droplet, proved: known, way, steps, logFrom: await log.settle() };
    } catch (error) {
      if (isRefusal(error)) {
        this.#refused();
        return undefined;
      }
      throw await diagnosed(error, { api, app, log, paths: new Set(files.map(({ path }) => path)) });
    }
  }

  /** Somebody pushed something else; or no layer can be laid over such droplets at all. */
  #refused(): void {
    if (this.#sent.size === 0) this.close();
    this.#base = undefined;
  }
}

function isRefusal(error: unknown): boolean {
  return error instanceof ActionableError && error.code === 'API_REFUSED';
}
