import { randomUUID } from 'node:crypto';
import type { DropletRecord, LayerRecord } from '../records.ts';

/**
 * Frameworks and buildpacks that take an app's files into `app/` as they are: a file that changed there is the file that a
 * new staging would put there. Others compile, unpack or move what they are given.
 */
const takeFilesAsTheyAre: readonly string[] = [
  ...['node', 'sinatra', 'rack', 'rails3', 'php', 'wsgi', 'django', 'standalone'],
  ...['ruby', 'python', 'static', 'procfile', 'binary'],
];

/** Why no layer can be laid over a droplet, in words that continue "The app "; `undefined` when one can. */
export function whyNoLayer({ framework, buildpacks }: DropletRecord): string | undefined {
  const makers = buildpacks?.map(({ chosen }) => chosen) ?? [framework ?? 'something unknown'];
  const maker = makers.find((each) => !takeFilesAsTheyAre.includes(each));
  return maker === undefined ? undefined : `is staged by ${maker}, which may make something else of its files`;
}

/** The droplet over which layers are laid: one that a stager made. */
export function baseOf(droplet: DropletRecord): string {
  return droplet.base ?? droplet.guid;
}

/** A droplet with the bits of another one, and a layer over them. */
export function layeredDroplet(base: DropletRecord, layer: LayerRecord): DropletRecord {
  const now = new Date().toISOString();
  return { ...base, guid: randomUUID(), createdAt: now, updatedAt: now, base: base.guid, layer };
}
