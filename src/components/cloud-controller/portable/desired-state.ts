import * as v from 'valibot';
import { reasonOf } from '#ground/reason-of.ts';
import { recordLimitBytes } from '../record-bucket.ts';
import type { Records } from '../records.ts';
import { uriOf } from '../uris.ts';
import { App, Buildpack, Droplet, Package, Revision, Route } from './record-schemas.ts';

/** What a platform is to be, apart from the bits. What only tells what happened is not in it: builds, tasks, deployments. */
export interface DesiredState {
  readonly app: readonly Records['app'][];
  readonly route: readonly Records['route'][];
  readonly package: readonly Records['package'][];
  readonly droplet: readonly Records['droplet'][];
  /** What apps were started as; those whose droplet is kept can be run again. */
  readonly revision: readonly Records['revision'][];
  readonly buildpack: readonly Records['buildpack'][];
}
type Kind = keyof DesiredState;

const schemas = {
  app: App,
  route: Route,
  package: Package,
  droplet: Droplet,
  revision: Revision,
  buildpack: Buildpack,
} as const;
const kinds = ['app', 'route', 'package', 'droplet', 'revision', 'buildpack'] as const satisfies readonly Kind[];

/** Bits that some record names. */
export interface NamedBlob {
  readonly sha256: string;
  readonly sizeBytes: number;
  /** Names of the apps whose it is; of the buildpack, for one's own. */
  readonly apps: readonly string[];
}

/**
 * What is wrong with records that are to become a desired state, in words; `undefined` when they can. Each is looked
 * at whole, because a platform that finds a record without its parts does not start.
 */
export function whyNoState(records: Readonly<Record<Kind, readonly unknown[]>>): string | undefined {
  for (const kind of kinds) {
    const guids = new Set<string>();
    for (const [index, record] of records[kind].entries()) {
      const why = whyNoRecord(kind, record, guids);
      if (why !== undefined) return `${kind} ${index + 1}: ${why}`;
    }
  }
  return undefined;
}

function whyNoRecord(kind: Kind, record: unknown, guids: Set<string>): string | undefined {
  const checked = v.safeParse(schemas[kind] as v.GenericSchema<unknown, { guid: string }>, record);
  if (!checked.success) return reasonOf(checked.issues);
  const { guid } = checked.output;
  if (guids.has(guid)) return `${guid} is there twice`;
  guids.add(guid);
  const bytes = Buffer.byteLength(JSON.stringify(record));
  return bytes > recordLimitBytes ? `takes ${bytes} bytes; at most ${recordLimitBytes} can be stored` : undefined;
}

/** Every blob that is needed for it, once. */
export function blobsOf(state: DesiredState): NamedBlob[] {
  const nameOf = new Map(state.app.map(({ guid, name }) => [guid, name]));
  const blobs = new Map<string, { sizeBytes: number; apps: Set<string> }>();
  const layers = state.droplet.flatMap(({ layer, app }) => (layer === undefined ? [] : { ...layer, app }));
  for (const { sha256, sizeBytes, app } of [...state.package, ...state.droplet, ...layers]) {
    if (sha256 === null) continue;
    const blob = blobs.get(sha256) ?? { sizeBytes, apps: new Set() };
    blobs.set(sha256, { ...blob, apps: blob.apps.add(nameOf.get(app) ?? app) });
  }
  for (const { sha256, sizeBytes, name } of state.buildpack) {
    if (sha256 !== null) blobs.set(sha256, { sizeBytes, apps: new Set([`buildpack ${name}`]) });
  }
  return [...blobs].map(([sha256, { sizeBytes, apps }]) => ({ sha256, sizeBytes, apps: [...apps] }));
}

/** The part of it that belongs to these apps, and no buildpacks: they are everybody's. @param wanted tells by an app's name */
export function partOf(state: DesiredState, wanted: (name: string) => boolean): DesiredState {
  const app = state.app.filter(({ name }) => wanted(name));
  const guids = new Set(app.map(({ guid }) => guid));
  const isOwned = (record: { readonly app: string }) => guids.has(record.app);
  const route = state.route
    .filter(({ destinations }) => destinations.some(isOwned))
    .map((each) => ({ ...each, destinations: each.destinations.filter(isOwned) }));
  return {
    app,
    route,
    package: state.package.filter(isOwned),
    droplet: state.droplet.filter(isOwned),
    revision: state.revision.filter(isOwned),
    buildpack: [],
  };
}

/** The same without blobs that are lost. An app whose droplet is among them keeps everything else, and is stopped. */
export function without(state: DesiredState, lost: ReadonlySet<string>): DesiredState {
  const droplet = state.droplet.filter(({ sha256, layer }) => !lost.has(sha256) && !lost.has(layer?.sha256 ?? ''));
  const left = new Set(droplet.map(({ guid }) => guid));
  return {
    ...state,
    droplet,
    package: state.package.filter(({ sha256 }) => sha256 === null || !lost.has(sha256)),
    buildpack: state.buildpack.filter(({ sha256 }) => sha256 === null || !lost.has(sha256)),
    app: state.app.map((each) =>
      each.currentDroplet === null || left.has(each.currentDroplet)
        ? each
        : { ...each, currentDroplet: null, state: 'STOPPED' },
    ),
  };
}

/**
 * The same with all routes of one domain below another; they keep their hosts and paths. One that stands there already
 * takes over where they lead.
 */
export function movedTo(state: DesiredState, from: string, to: string): DesiredState {
  const routes = new Map<string, Records['route']>();
  for (const each of state.route) {
    const route = each.domain === from ? { ...each, domain: to } : each;
    const key = uriOf(route);
    const there = routes.get(key);
    routes.set(key, there === undefined ? route : { ...there, destinations: merged(there, route) });
  }
  return { ...state, route: [...routes.values()] };
}

function merged(one: Records['route'], other: Records['route']): Records['route']['destinations'] {
  const isNew = ({ app, processType }: Records['route']['destinations'][number]) =>
    !one.destinations.some((each) => each.app === app && each.processType === processType);
  return [...one.destinations, ...other.destinations.filter(isNew)];
}
