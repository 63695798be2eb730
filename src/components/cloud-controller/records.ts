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

export interface AppRecord extends Record_ {
  readonly name: string;
  readonly state: 'STARTED' | 'STOPPED';
  readonly environment: Readonly<Record<string, string>>;
  readonly processes: readonly ProcessRecord[];
  /** Guid of the droplet to run; null before the first one was assigned. */
  readonly currentDroplet: string | null;
  /** Grows with each start, so that a restart of the same droplet is a new version. */
  readonly runCount: number;
  readonly lifecycle: { readonly type: string; readonly buildpacks: readonly string[]; readonly stack: string | null };
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
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

/** The kinds of records, by the first part of their key. */
export interface Records {
  app: AppRecord;
  package: PackageRecord;
  build: BuildRecord;
  droplet: DropletRecord;
  route: RouteRecord;
}
export type Kind = keyof Records;
