/** The desired state at rest: one JSON value per record in the bucket, under the key `<kind>.<guid>`. Times are ISO 8601. */
interface Record_ {
  readonly guid: string;
  readonly createdAt: string;
  readonly updatedAt: string;
}

export interface HealthCheck {
  readonly type: 'port' | 'process' | 'http';
  /** Until an instance must be ready; the DEA's default when null. */
  readonly timeoutSeconds: number | null;
  /** Path, for `http`. */
  readonly endpoint: string | null;
}

/** One kind of process an app runs; its guid is the app's for `web`. */
export interface ProcessRecord {
  readonly type: string;
  /** What the user wants run; the framework decides when null. */
  readonly command: string | null;
  readonly instances: number;
  readonly memoryMb: number;
  readonly diskMb: number;
  readonly healthCheck: HealthCheck;
}

/** A program that runs beside others of an app, in the same instance. */
export interface SidecarRecord extends Record_ {
  readonly name: string;
  readonly command: string;
  /** Beside which processes it runs; at least one. */
  readonly processTypes: readonly string[];
  /** Of the memory of the process; null when nobody said. */
  readonly memoryMb: number | null;
  /** Those of a buildpack change with the droplet. */
  readonly origin: 'user' | 'buildpack';
}

export interface AppRecord extends Record_ {
  readonly name: string;
  readonly state: 'STARTED' | 'STOPPED';
  /** Of an app that is STARTED: its web process was stopped because nobody asked for it. Absent where it was not. */
  readonly isIdle?: boolean;
  readonly environment: Readonly<Record<string, string>>;
  readonly processes: readonly ProcessRecord[];
  /** Guid of the droplet that the next start takes; null before the first one was assigned. */
  readonly currentDroplet: string | null;
  /** Grows with each start, so that a restart of the same droplet is a new version. */
  readonly runCount: number;
  readonly lifecycle: { readonly type: string; readonly buildpacks: readonly string[]; readonly stack: string | null };
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  /** Absent where there never were any. */
  readonly sidecars?: readonly SidecarRecord[];
  /** Guid of the revision that runs, whatever was set since; absent before the first start. */
  readonly revision?: string;
  /** What instances of it carry as their version; absent before the first start. */
  readonly version?: string;
}

/** What an app was when a version of it was started: all it takes to start it so again. */
export interface RevisionRecord extends Record_ {
  readonly app: string;
  /** Counts the revisions of an app, from 1. */
  readonly number: number;
  /** What was new about it, for people. */
  readonly description: string;
  readonly droplet: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly processes: readonly ProcessRecord[];
  readonly sidecars?: readonly SidecarRecord[];
  /** Of the app's annotations those by which it is started. */
  readonly annotations: Readonly<Record<string, string>>;
}

/** A version of an app that takes over from the one that runs, or tries to. */
export interface DeploymentRecord extends Record_ {
  readonly app: string;
  readonly revision: string;
  readonly droplet: string;
  /** What its instances carry as their version. */
  readonly version: string;
  /** The droplet of what ran before; null where nothing did. */
  readonly previousDroplet: string | null;
  /** `CANCELED` also when it failed: what ran before runs on. */
  readonly state: 'ACTIVE' | 'DEPLOYED' | 'CANCELED' | 'SUPERSEDED';
  /** Why it was canceled, for people. */
  readonly reason: string | null;
}

export interface PackageRecord extends Record_ {
  readonly app: string;
  readonly state: 'AWAITING_UPLOAD' | 'PROCESSING_UPLOAD' | 'READY' | 'FAILED';
  readonly error: string | null;
  /** Of the zip in the blob store; null until it is READY. */
  readonly sha256: string | null;
  readonly sizeBytes: number;
}

export interface BuildRecord extends Record_ {
  readonly app: string;
  readonly package: string;
  readonly state: 'STAGING' | 'STAGED' | 'FAILED';
  readonly error: string | null;
  readonly droplet: string | null;
}

export interface DropletRecord extends Record_ {
  readonly app: string;
  readonly package: string | null;
  readonly state: 'STAGED';
  readonly sha256: string;
  readonly sha1: string;
  readonly sizeBytes: number;
  /** What staging found, e.g. `sinatra`; null when the stager did not say. */
  readonly framework: string | null;
  /** E.g. `ruby`; null for an app that needs no runtime. */
  readonly runtime: string | null;
  readonly startCommand: string | null;
  /** Which version of the runtime the app asks for; absent where any will do. */
  readonly runtimeConstraint?: string;
  /** The buildpacks that made it; absent for a droplet of a framework plugin. */
  readonly buildpacks?: readonly DropletBuildpack[];
  /** Start commands by type of process, where buildpacks made it. */
  readonly processTypes?: Readonly<Record<string, string>>;
  /** What the buildpacks want run beside them; absent for nothing. */
  readonly sidecars?: readonly DropletSidecar[];
  /** What is laid over the bits, which are those of `base`; absent for a droplet that a stager made. */
  readonly layer?: LayerRecord;
  /** Guid of the droplet over which layers of this app are laid; absent where that is itself. */
  readonly base?: string;
}

/** What changed of an app since its droplet was staged: a plain tar of paths within the droplet, as a layer of OCI is. */
export interface LayerRecord {
  /** Of the tar in the blob store. */
  readonly sha256: string;
  readonly sizeBytes: number;
}

export type DropletSidecar = Pick<SidecarRecord, 'name' | 'command' | 'processTypes' | 'memoryMb'>;

interface DropletBuildpack {
  /** The name under which it was chosen, or its address. */
  readonly chosen: string;
  /** What it says it is called, or what it told when it recognised the app; may be empty. */
  readonly name: string;
  readonly version: string | null;
}

/** A buildpack that may be used by its name. */
export interface BuildpackRecord extends Record_ {
  readonly name: string;
  /** Those with a smaller one are asked earlier. */
  readonly position: number;
  /** Whether it is asked, and may be chosen. */
  readonly enabled: boolean;
  /** Whether its bits may not be replaced. */
  readonly locked: boolean;
  /** One that comes with localpaas, wherever a stager runs: its bits are not stored. */
  readonly isBuiltIn: boolean;
  /** Of its zip; null until there is one. */
  readonly sha256: string | null;
  readonly sizeBytes: number;
  /** What its zip was called when it came. */
  readonly filename: string | null;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

export interface RouteDestination {
  readonly guid: string;
  readonly app: string;
  readonly processType: string;
}

export interface RouteRecord extends Record_ {
  readonly host: string;
  readonly domain: string;
  /** Empty, or starting with `/`. */
  readonly path: string;
  readonly destinations: readonly RouteDestination[];
}

/** A command that is run once with a droplet of an app. */
export interface TaskRecord extends Record_ {
  readonly app: string;
  /** Counts the tasks of an app, from 1. */
  readonly sequence: number;
  readonly name: string;
  readonly command: string;
  /** `PENDING`: a place is sought for it. `CANCELING`: somebody wants it ended. */
  readonly state: 'PENDING' | 'RUNNING' | 'CANCELING' | 'SUCCEEDED' | 'FAILED';
  readonly memoryMb: number;
  readonly diskMb: number;
  readonly droplet: string;
  /** Why it FAILED, for people. */
  readonly failureReason: string | null;
  /** As a shell tells it; null as long as it goes on, and when nobody knows. */
  readonly exitStatus: number | null;
}

/** The kinds of records, by the first part of their key. */
export interface Records {
  app: AppRecord;
  package: PackageRecord;
  build: BuildRecord;
  droplet: DropletRecord;
  route: RouteRecord;
  buildpack: BuildpackRecord;
  task: TaskRecord;
  revision: RevisionRecord;
  deployment: DeploymentRecord;
}
export type Kind = keyof Records;
