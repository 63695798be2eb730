import { randomUUID } from 'node:crypto';
import { ApiError } from '#contract/api/errors.ts';
import type { BuildpackRecord } from '../records.ts';
import type { Store } from '../store.ts';

/** What somebody wants of a buildpack; what is absent stays as it is. */
export interface BuildpackWish {
  readonly name?: string;
  readonly position?: number;
  readonly enabled?: boolean;
  readonly locked?: boolean;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

const nameLimit = 250;

/** All buildpacks in the order in which they are asked; of two with one position the newer one first, as it was put there. */
export function inOrder(store: Store): BuildpackRecord[] {
  const all = [...store.all('buildpack')];
  return all.sort((one, other) => one.position - other.position || (one.createdAt > other.createdAt ? -1 : 1));
}

/** A buildpack that waits for its bits. It comes first when nobody says where. @throws ApiError 422 */
export function createBuildpack(
  store: Store,
  wish: BuildpackWish & { readonly name: string },
): Promise<BuildpackRecord> {
  return whileOrderHolds(store, async () => {
    checkName(store, wish.name);
    const position = Math.min(wish.position ?? 1, store.all('buildpack').length + 1);
    await makeRoom(store, position);
    return store.create('buildpack', newBuildpack({ ...wish, position }));
  });
}

/** @throws ApiError 404, 422 */
export function changeBuildpack(store: Store, guid: string, wish: BuildpackWish): Promise<BuildpackRecord> {
  return whileOrderHolds(store, async () => {
    const { position, ...others } = wish;
    if (others.name !== undefined) checkName(store, others.name, guid);
    if (others.name !== undefined && store.get('buildpack', guid)?.isBuiltIn) throw refused(builtInStays('renamed'));
    if (position !== undefined) await moveTo(store, guid, position);
    return store.update('buildpack', guid, (now) => ({ ...now, ...others }));
  });
}

/** @throws ApiError 422 for one that comes with localpaas */
export function deleteBuildpack(store: Store, guid: string): Promise<void> {
  return whileOrderHolds(store, async () => {
    if (store.get('buildpack', guid)?.isBuiltIn) throw refused(builtInStays('deleted'));
    await store.delete('buildpack', guid);
    await number(store, inOrder(store));
  });
}

/**
 * Has the buildpacks that come with this version of localpaas, and no others of former ones. New ones come behind
 * those that are there: somebody may have chosen their order.
 */
export function keepBuiltIns(store: Store, names: readonly string[]): Promise<void> {
  return whileOrderHolds(store, async () => {
    for (const { guid, name, isBuiltIn } of store.all('buildpack')) {
      if (isBuiltIn && !names.includes(name)) await store.delete('buildpack', guid);
    }
    for (const name of names) {
      if (store.all('buildpack').some((each) => each.name === name)) continue;
      const position = store.all('buildpack').length + 1;
      await store.create('buildpack', { ...newBuildpack({ name, position }), isBuiltIn: true });
    }
  });
}

function newBuildpack({
  name,
  position = 1,
  enabled = true,
  locked = false,
  ...more
}: BuildpackWish & { name: string }): BuildpackRecord {
  const now = new Date().toISOString();
  return {
    guid: randomUUID(),
    createdAt: now,
    updatedAt: now,
    name,
    position,
    enabled,
    locked,
    isBuiltIn: false,
    sha256: null,
    sizeBytes: 0,
    filename: null,
    labels: more.labels ?? {},
    annotations: more.annotations ?? {},
  };
}

async function makeRoom(store: Store, position: number): Promise<void> {
  for (const { guid } of inOrder(store).slice(position - 1)) {
    await store.update('buildpack', guid, (now) => ({ ...now, position: now.position + 1 }));
  }
}

async function moveTo(store: Store, guid: string, position: number): Promise<void> {
  const all = inOrder(store);
  const moved = all.filter((each) => each.guid === guid);
  const others = all.filter((each) => each.guid !== guid);
  await number(store, [...others.slice(0, position - 1), ...moved, ...others.slice(position - 1)]);
}

/** Gives them the positions 1, 2, 3, … */
async function number(store: Store, buildpacks: readonly BuildpackRecord[]): Promise<void> {
  for (const [at, { guid }] of buildpacks.entries()) {
    await store.update('buildpack', guid, (now) => (now.position === at + 1 ? now : { ...now, position: at + 1 }));
  }
}

function whileOrderHolds<T>(store: Store, work: () => Promise<T>): Promise<T> {
  return store.exclusively('buildpacks', work);
}

function checkName(store: Store, name: string, except?: string): void {
  // What looks like a URL could never be told from one.
  if (!/^[\w.@-]+$/.test(name) || name.length > nameLimit) {
    throw refused(
      `Name '${name.slice(0, nameLimit)}' can only contain letters, digits and any of _ . @ -, ${nameLimit} at most`,
    );
  }
  const holder = store.all('buildpack').find((each) => each.name === name);
  if (holder !== undefined && holder.guid !== except) {
    throw refused(`Buildpack with name '${name}' and an unassigned stack already exists`);
  }
}

function builtInStays(what: string): string {
  return `A buildpack that comes with localpaas cannot be ${what}: disable it, and add your own.`;
}

function refused(detail: string): ApiError {
  return new ApiError('CF-UnprocessableEntity', detail);
}
