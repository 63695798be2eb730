import { ApiError } from '#contract/api/errors.ts';
import { deaSync, type LayerSource, type Synced } from '#contract/dea.ts';
import type { Bus } from '#ground/bus.ts';
import type { Blobs } from '../bits/blobs.ts';
import type { Deployments } from '../deployments/deployments.ts';
import type { AppRecord, DeploymentRecord, DropletRecord } from '../records.ts';
import { dropletOf } from '../revisions.ts';
import type { ActualState } from '../running/actual-state.ts';
import { processesOf } from '../running/desired.ts';
import type { Store } from '../store.ts';
import { differencesBetween, overlaid, treeOfDroplet } from './droplet-tree.ts';
import type { IncomingLayer, LayerBlobs } from './layer-blobs.ts';
import { baseOf, layeredDroplet, whyNoLayer } from './layered-droplet.ts';
import { readLayer, type Tree } from './read-layer.ts';
import { retireLayers } from './retire-layers.ts';

export interface LayersParts {
  readonly bus: Bus;
  readonly store: Store;
  readonly actual: ActualState;
  readonly blobs: Blobs;
  readonly layerBlobs: LayerBlobs;
  readonly deployments: Deployments;
  /** Where DEAs have the layer of a droplet. */
  readonly layerSourceOf: (droplet: DropletRecord) => LayerSource | undefined;
}

/** What came of comparing a droplet with what runs. */
export interface Settled {
  /** `stale`: what runs is another version by now, or has yet to prove itself. */
  readonly outcome: 'equal' | 'different' | 'stale';
  /** Some of the paths that differ. */
  readonly differences: readonly string[];
}

const shownDifferences = 5;

/**
 * The quick way from a save to a version that serves: what changed is laid over a droplet that was staged once. Layers never
 * stand on each other: each has all that changed since that droplet.
 */
export class Layers {
  readonly #parts: LayersParts;
  /** Of the droplets that were compared last, by their sha256. */
  readonly #trees = new Map<string, Promise<Tree>>();

  constructor(parts: LayersParts) {
    this.#parts = parts;
  }

  /**
   * Deploys a droplet with a layer over it. Resolves when that has begun and is on disk.
   * @throws ApiError 422 when no layer can be laid over that droplet; ActionableError BAD_INPUT for what is no layer
   */
  async deploy(app: AppRecord, base: DropletRecord, bytes: Buffer): Promise<DeploymentRecord> {
    const { deployments, store } = this.#parts;
    const { droplet, stored } = await this.#layered(app, base, bytes);
    const deployment = await deployments.begin(app.guid, { droplet, stored });
    await retireLayers(store, app.guid);
    return deployment;
  }

  /**
   * Puts a layer into the instances that run, without a restart: for apps that look at their files again by themselves.
   * Instances that are started later begin with it.
   * @returns what each DEA said of each instance
   * @throws like `deploy`
   */
  async sync(app: AppRecord, base: DropletRecord, bytes: Buffer): Promise<readonly Synced[]> {
    const { store } = this.#parts;
    const running = dropletOf(store, app);
    const { droplet, stored } = await this.#layered(app, base, bytes);
    const [replies] = await Promise.all([this.#tellDeas(app, droplet), stored]);
    const isThere = replies.some(({ error }) => !error);
    if (isThere && running !== undefined) await this.#replace(app.guid, running.guid, droplet.guid);
    await retireLayers(store, app.guid);
    return replies;
  }

  /**
   * Has a droplet that was staged anew take the place of a layered one that runs, when both have the same content. Nothing
   * is restarted, and layers are laid over the same droplet as before.
   */
  async settle(app: AppRecord, staged: DropletRecord): Promise<Settled> {
    const { store } = this.#parts;
    const running = dropletOf(store, app);
    if (running?.layer === undefined || running.base === undefined || this.#isUnderWay(app)) return stale;
    const differences = differencesBetween(await this.#treeOf(running), await this.#treeOf(staged), shownDifferences);
    if (differences.length > 0) return { outcome: 'different', differences };
    const { base } = running;
    await store.update('droplet', staged.guid, (now) => ({ ...now, base }));
    const isReplaced = await this.#replace(app.guid, running.guid, staged.guid);
    return isReplaced ? { outcome: 'equal', differences: [] } : stale;
  }

  /** @throws ApiError 422 */
  async #layered(app: AppRecord, base: DropletRecord, bytes: Buffer) {
    const { layerBlobs, store } = this.#parts;
    refuseUnfit(app, base, dropletOf(store, app));
    await readLayer(bytes);
    const incoming = await layerBlobs.take(bytes);
    const droplet = layeredDroplet(base, incoming.layer);
    const stored = this.#store(droplet, incoming);
    stored.catch(() => {}); // told to whoever waits for it
    return { droplet, stored };
  }

  async #store(droplet: DropletRecord, { kept, release }: IncomingLayer): Promise<void> {
    const { store } = this.#parts;
    const [blob, record] = await Promise.allSettled([kept, store.create('droplet', droplet)]);
    if (blob.status === 'rejected' && record.status === 'fulfilled') await store.delete('droplet', droplet.guid);
    await release();
    for (const each of [blob, record]) if (each.status === 'rejected') throw each.reason;
  }

  async #tellDeas(app: AppRecord, droplet: DropletRecord): Promise<Synced[]> {
    const { actual, bus, layerSourceOf } = this.#parts;
    const layer = layerSourceOf(droplet);
    if (layer === undefined) return [];
    const replies = processesOf(app).map((process) => {
      const own = actual
        .instancesOf(process)
        .filter(({ isStopping, version }) => !isStopping && version === app.version);
      const version = app.version ?? null;
      return bus.askMany(deaSync, { droplet: process, version, layer }, { limitMs: syncLimitMs, expected: own.length });
    });
    return (await Promise.all(replies)).flat();
  }

  /** @returns whether it still ran */
  async #replace(guid: string, before: string, after: string): Promise<boolean> {
    const { store } = this.#parts;
    const { revision } = store.get('app', guid) ?? {};
    if (revision === undefined) return false;
    const { droplet } = await store.update('revision', revision, (now) =>
      now.droplet === before ? { ...now, droplet: after } : now,
    );
    if (droplet !== after) return false;
    await store.update('app', guid, (now) => (now.currentDroplet === before ? { ...now, currentDroplet: after } : now));
    return true;
  }

  #isUnderWay({ guid }: AppRecord): boolean {
    const { deployments, store } = this.#parts;
    const own = store.all('deployment').filter(({ app }) => app === guid);
    return own.some((each) => deployments.phaseOf(each) !== 'OVER');
  }

  async #treeOf(droplet: DropletRecord): Promise<Tree> {
    const { blobs, layerBlobs } = this.#parts;
    const known = this.#trees.get(droplet.sha256);
    const tree = known ?? treeOfDroplet(blobs.read(droplet.sha256));
    // The one that is asked for again and again is that over which layers are laid.
    this.#trees.delete(droplet.sha256);
    this.#trees.set(droplet.sha256, tree);
    for (const each of [...this.#trees.keys()].slice(0, -keptTrees)) this.#trees.delete(each);
    tree.catch(() => this.#trees.delete(droplet.sha256));
    if (droplet.layer === undefined) return tree;
    return overlaid(await tree, await readLayer(await layerBlobs.bytesOf(droplet.layer.sha256)));
  }
}

const stale: Settled = { outcome: 'stale', differences: [] };
const keptTrees = 2;
const syncLimitMs = 10_000;

/** @throws ApiError 422 */
function refuseUnfit(app: AppRecord, base: DropletRecord, running: DropletRecord | undefined): void {
  const why = whyUnfit(app, base, running);
  if (why !== undefined)
    throw new ApiError('CF-UnprocessableEntity', `No layer can be laid over this droplet: ${why}.`);
}

function whyUnfit(app: AppRecord, base: DropletRecord, running: DropletRecord | undefined): string | undefined {
  if (app.state !== 'STARTED') return `the app ${app.name} is stopped`;
  if (base.app !== app.guid || base.layer !== undefined) return 'it is none that this app was staged as';
  if (running === undefined || baseOf(running) !== base.guid) return `the app ${app.name} runs another one by now`;
  const unfit = whyNoLayer(base);
  return unfit === undefined ? undefined : `the app ${app.name} ${unfit}`;
}
