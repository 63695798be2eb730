import { dropletExited } from '#contract/dea.ts';
import type { Bus } from '#ground/bus.ts';
import { sayInAppLog } from '../app-log.ts';
import type { BackgroundWork } from '../background-work.ts';
import { newBuild } from '../changes/build.ts';
import type { EventLog } from '../events.ts';
import { layeredDroplet } from '../layers/layered-droplet.ts';
import type { AppRecord, BuildRecord, DropletRecord } from '../records.ts';
import { dropletOf, revisionsOf, versionNamed } from '../revisions.ts';
import type { Store } from '../store.ts';
import type { DamagedBits } from './damaged-bits.ts';
import type { Staging } from './staging.ts';

export interface HealParts {
  readonly bus: Bus;
  readonly store: Store;
  readonly events: EventLog;
  readonly background: BackgroundWork;
  readonly damagedBits: DamagedBits;
  readonly staging: Staging;
  /** Has the app's instances run its current droplet, which is another one now. */
  readonly restart: (app: string) => Promise<void>;
}

/**
 * When an instance crashes, looks whether its droplet is what it was; one that a disk has spoiled is staged again from
 * its package.
 */
export function healDroplets(parts: HealParts): Disposable {
  const underWay = new Set<string>();
  return parts.bus.subscribe(dropletExited, ({ droplet: app, reason }) => {
    if (reason !== 'CRASHED' || underWay.has(app)) return;
    underWay.add(app);
    parts.background.run('damaged droplet not staged again', () =>
      heal(parts, app).finally(() => underWay.delete(app)),
    );
  });
}

async function heal(parts: HealParts, guid: string): Promise<void> {
  const { bus, damagedBits, store } = parts;
  const app = store.get('app', guid);
  const droplet = app === undefined ? undefined : dropletOf(store, app);
  if (app === undefined || droplet === undefined) return;
  const damage = await damagedBits.setAside(droplet.sha256);
  if (damage === undefined) return;
  const found = `The droplet of app ${app.name} ${damage.why}`;
  sayInAppLog(bus, guid, `${found}: staging it again`);
  const build = await stageAgain(parts, app, droplet);
  const staged =
    build?.state === 'STAGED' && build.droplet !== null ? await healed(store, droplet, build.droplet) : null;
  const isHealed = staged !== null && (await assign(parts, guid, droplet, staged));
  const why = build === undefined ? 'Its package is gone, too.' : (build.error ?? 'It was changed meanwhile.');
  const keptIn = damage.keptIn === undefined ? {} : { keptIn: damage.keptIn };
  damagedBits.tell(
    isHealed
      ? { found: `${found}.`, done: 'It was staged again from its package.', ...keptIn }
      : {
          found: `${found}.`,
          done: `It could not be staged again. ${why}`,
          ...keptIn,
          next: `Push ${app.name} again.`,
        },
  );
}

/** @returns the build when it has ended; `undefined` when there is nothing to stage */
async function stageAgain(
  { events, staging, store }: HealParts,
  app: AppRecord,
  droplet: DropletRecord,
): Promise<BuildRecord | undefined> {
  const bits = droplet.package === null ? undefined : store.get('package', droplet.package);
  if (bits?.state !== 'READY') return undefined;
  const build = await newBuild({ store, events }, app, bits);
  await staging.stageAgain(build);
  return store.get('build', build.guid);
}

/** What was laid over the droplet is laid over the new one. */
async function healed(store: Store, { layer }: DropletRecord, staged: string): Promise<string | null> {
  const base = store.get('droplet', staged);
  if (layer === undefined || base === undefined) return base?.guid ?? null;
  return (await store.create('droplet', layeredDroplet(base, layer))).guid;
}

/** @returns false when the app was given another droplet meanwhile */
async function assign({ events, restart, store }: HealParts, guid: string, old: DropletRecord, droplet: string) {
  let isOurs = false;
  const app = await store.update('app', guid, (record) => {
    isOurs = dropletOf(store, record)?.guid === old.guid;
    if (!isOurs) return record;
    const runCount = record.runCount + 1;
    const currentDroplet = record.currentDroplet === old.guid ? droplet : record.currentDroplet;
    return { ...record, currentDroplet, runCount, version: versionNamed(store.get('droplet', droplet), runCount) };
  });
  if (!isOurs) return false;
  const named = revisionsOf(store, guid).filter((revision) => revision.droplet === old.guid);
  for (const revision of named) await store.update('revision', revision.guid, (now) => ({ ...now, droplet }));
  events.record('audit.app.droplet.mapped', { app }, { request: { droplet_guid: droplet } });
  await store.delete('droplet', old.guid);
  if (app.state === 'STARTED') await restart(guid);
  return true;
}
