import type { Readable } from 'node:stream';
import type { ProcessStats, Resource } from '#contract/api/resources.ts';
import type { Synced } from '#contract/dea.ts';
import type { RuntimesOfDea } from '#contract/runtimes.ts';
import type { Bus } from '#ground/bus.ts';
import type { HttpRequest, Routes } from '#ground/http-server.ts';
import type { Log } from '#ground/log.ts';
import type { UploadDialect } from './bits/package-uploads.ts';
import type { Phase as DeploymentPhase } from './deployments/deployments.ts';
import type { DeploymentWish } from './deployments/prepare.ts';
import type { EventLog } from './events.ts';
import type { Settled } from './layers/layers.ts';
import type { CloudControllerOptions } from './options.ts';
import type {
  AppRecord,
  BuildpackRecord,
  BuildRecord,
  DeploymentRecord,
  DropletRecord,
  PackageRecord,
  ProcessRecord,
} from './records.ts';
import type { Store } from './store.ts';

/** One instance as it is known now. */
export interface InstanceView {
  readonly index: number;
  /** DOWN: wanted, but nothing is known of it. */
  readonly state: 'RUNNING' | 'STARTING' | 'CRASHED' | 'DOWN';
  readonly sinceMs: number;
  /** Why it does not run, for people. */
  readonly details: string | null;
}

/** What the operations are given. */
export interface OperationsContext {
  readonly bus: Bus;
  readonly log: Log;
  /** The component's own directory. */
  readonly dataDir: string;
  readonly signal: AbortSignal;
  readonly store: Store;
  /** Whether the store was just filled from a snapshot: then bits may be there that belong to newer records. */
  readonly isRestored: boolean;
  readonly events: EventLog;
  readonly options: CloudControllerOptions;
  /** Where DEAs and stagers reach this cloud controller, `http://127.0.0.1:1234`; throws before it listens. */
  readonly ownAddress: () => string;
}

/**
 * What the API sets in motion behind the records: bits come and go, apps are staged and placed. The handlers have
 * written the desired state before they call these; records named here are the ones just stored.
 */
export interface Operations {
  /** Reads the upload's body, stores the zip, and makes the package READY or FAILED. Resolves with its record. */
  uploadPackage(record: PackageRecord, request: HttpRequest, dialect?: UploadDialect): Promise<PackageRecord>;
  /** Resolves when the buildpacks that come with localpaas have their records. */
  buildpacksKnown(): Promise<void>;
  /** Reads the upload's body and stores the zip, if it is a buildpack. Resolves with its record. */
  uploadBuildpack(record: BuildpackRecord, request: HttpRequest): Promise<BuildpackRecord>;
  /** Those of the resources whose content is stored here already. */
  matchResources(resources: readonly Resource[]): Promise<Resource[]>;
  /** What the last staging task of an app told, each line ended by `\n`; `undefined` when it is not known. */
  taskLogOf(app: AppRecord): Promise<string | undefined>;
  /** Stages in the background; the build's record tells what became of it. */
  stage(build: BuildRecord): void;
  /** The app's record says STARTED. Resolves when the starts were asked for, not when instances run. */
  start(app: AppRecord): Promise<void>;
  /** The app's record says STOPPED. Resolves when the stops were asked for. */
  stop(app: AppRecord): Promise<void>;
  /** The app's record says STARTED and has a new run count. */
  restart(app: AppRecord): Promise<void>;
  /**
   * Has another version of a started app take over from the one that runs, which goes on if it is no good. Resolves when
   * it has begun. @throws ApiError 422 without a droplet
   */
  deploy(app: AppRecord, wish: DeploymentWish): Promise<DeploymentRecord>;
  /** What ran before goes on. Resolves when that is settled. @throws ApiError 422 when the deployment is over */
  cancelDeployment(deployment: DeploymentRecord): Promise<void>;
  phaseOf(deployment: DeploymentRecord): DeploymentPhase;
  /** Resolves with the phase when it is another one than this, or when so much time has passed. */
  untilOtherPhase(deployment: DeploymentRecord, phase: DeploymentPhase, limitMs: number): Promise<DeploymentPhase>;
  /** Somebody works on the app for so many seconds from now on, or does not any more (0). */
  watch(app: AppRecord, seconds: number): void;
  /** Deploys a droplet with a layer, which is a plain tar, over it. @throws ApiError 422; ActionableError BAD_INPUT */
  deployLayer(app: AppRecord, base: DropletRecord, layer: Buffer): Promise<DeploymentRecord>;
  /** The same for the instances that run, without a restart. Resolves with what DEAs say of each. */
  syncLayer(app: AppRecord, base: DropletRecord, layer: Buffer): Promise<readonly Synced[]>;
  /** Has a droplet take the place of the layered one that runs, if both have the same content. */
  settle(app: AppRecord, droplet: DropletRecord): Promise<Settled>;
  /** The number of instances of a process changed. */
  scale(app: AppRecord, process: ProcessRecord): Promise<void>;
  /** Stops what runs at an index of a process, and starts it anew if the app should run. */
  restartInstance(app: AppRecord, process: ProcessRecord, index: number): Promise<void>;
  /** The app's routes are others than before. */
  routesChanged(appGuid: string): void;
  /** One per wanted instance of the web process, from memory, by index; none of an app that should not run. */
  instancesOf(app: AppRecord): InstanceView[];
  /** One per wanted instance, by index; for a stopped app each is DOWN. */
  statsOf(app: AppRecord, processType: string): Promise<ProcessStats[]>;
  dropletStream(droplet: DropletRecord): Readable;
  packageStream(pkg: PackageRecord): Readable;
  /** The app's record is gone, and its packages, builds and droplets are: stop its instances, forget what is known. */
  deleted(app: AppRecord): Promise<void>;
  /** What each DEA has to run apps with. */
  runtimesOfDeas(): Promise<RuntimesOfDea[]>;
  /** Adds the routes through which stagers, DEAs and health managers reach the bits and the desired state. */
  registerBitsRoutes(routes: Routes): void;
  /** To be called as soon as `ownAddress` tells: from here on health managers are answered and obeyed. */
  listening(): void;
}
