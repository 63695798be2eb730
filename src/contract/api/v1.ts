import * as v from 'valibot';

/** The API of the 2012 cloud controller (6a75345), as its client vmc 0.3 speaks it. */

/** Numbers and statuses of that cloud controller's errors. Clients print the number with the description. */
export const v1Errors = {
  badRequest: { code: 100, status: 400 },
  database: { code: 101, status: 500 },
  locking: { code: 102, status: 400 },
  system: { code: 111, status: 500 },
  forbidden: { code: 200, status: 403 },
  userNotFound: { code: 201, status: 403 },
  appInvalid: { code: 300, status: 400 },
  appNotFound: { code: 301, status: 404 },
  noResources: { code: 302, status: 404 },
  fileNotFound: { code: 303, status: 404 },
  instanceNotFound: { code: 304, status: 400 },
  appStopped: { code: 305, status: 400 },
  fileError: { code: 306, status: 500 },
  runtimeInvalid: { code: 307, status: 400 },
  frameworkInvalid: { code: 308, status: 400 },
  debugDisallowed: { code: 309, status: 400 },
  stagingFailed: { code: 310, status: 500 },
  packagingFailed: { code: 402, status: 400 },
  serviceNotFound: { code: 503, status: 404 },
  uriInvalid: { code: 700, status: 400 },
  uriTaken: { code: 701, status: 400 },
  uriNotAllowed: { code: 702, status: 400 },
} as const satisfies Record<string, { code: number; status: number }>;

export type V1ErrorName = keyof typeof v1Errors;

/** An answer instead of a result. `description` is a sentence for the user. */
export class V1Error extends Error {
  readonly kind: V1ErrorName;

  constructor(kind: V1ErrorName, description: string, options?: ErrorOptions) {
    super(description, options);
    this.name = 'V1Error';
    this.kind = kind;
  }

  get status(): number {
    return v1Errors[this.kind].status;
  }

  get body(): { code: number; description: string } {
    return { code: v1Errors[this.kind].code, description: this.message };
  }
}

const megabytes = v.pipe(v.number(), v.integer(), v.minValue(1, 'must be at least 1'));
const text = v.nullish(v.string());

/** What an app is made of. `model` and `stack` are what the answers call `framework` and `runtime`; both are taken. */
const V1Staging = v.looseObject({ framework: text, runtime: text, command: text, model: text, stack: text });

/** `POST /apps`, and `PUT /apps/NAME`, where everything may be left out; clients send back whole answers. */
export const V1AppRequest = v.looseObject({
  name: v.nullish(v.string()),
  instances: v.nullish(v.pipe(v.number(), v.integer('must be a whole number'), v.minValue(0, 'must be at least 0'))),
  staging: v.nullish(V1Staging),
  uris: v.nullish(v.array(v.string())),
  resources: v.nullish(
    v.looseObject({ memory: v.nullish(megabytes), disk: v.nullish(megabytes), fds: v.nullish(v.number()) }),
  ),
  services: v.nullish(v.array(v.unknown())),
  /** `NAME=value`; all of them, not only what changes. */
  env: v.nullish(v.array(v.string())),
  state: v.nullish(v.picklist(['STARTED', 'STOPPED'], "must be 'STARTED' or 'STOPPED'")),
  debug: v.nullish(v.union([v.string(), v.boolean()])),
  meta: v.nullish(
    v.looseObject({
      /** The change is refused when the app is another one by now. */
      version: v.nullish(v.number()),
      command: text,
    }),
  ),
});
export type V1AppRequest = v.InferOutput<typeof V1AppRequest>;

/** A file by its content: `POST /resources` both ways, and the part `resources` of an upload. */
export const V1Resource = v.looseObject({
  size: v.pipe(v.number(), v.integer(), v.minValue(0)),
  sha1: v.pipe(v.string(), v.regex(/^[0-9a-f]{40}$/, 'must be a SHA-1 in hex')),
  /** Relative, with `/`. */
  fn: v.optional(v.string()),
});
export type V1Resource = v.InferOutput<typeof V1Resource>;

export const V1Credentials = v.looseObject({ password: v.string() });

export interface V1Usage {
  /** MB. */
  readonly memory: number;
  readonly apps: number;
  readonly services: number;
}

/** `GET /apps/NAME`. */
export interface V1App {
  readonly name: string;
  readonly staging: { readonly model: string; readonly stack: string };
  readonly uris: readonly string[];
  readonly instances: number;
  readonly runningInstances: number;
  /** MB, MB, count. */
  readonly resources: { readonly memory: number; readonly disk: number; readonly fds: number };
  readonly state: 'STARTED' | 'STOPPED';
  readonly services: readonly string[];
  readonly version: string | null;
  readonly env: readonly string[];
  readonly meta: {
    readonly version: number;
    /** Seconds since 1970. */
    readonly created: number;
    readonly debug: null;
    readonly console: false;
    readonly command?: string;
  };
}
