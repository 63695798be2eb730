import { dirname } from 'node:path';
import type { ComponentContext } from '#ground/component.ts';
import { ensureDirectory } from '#ground/files.ts';
import { appPortRange } from '#ground/ports.ts';
import { removeTree } from '#ground/remove-tree.ts';
import type { RuntimeTable } from '#workload/runtimes/index.ts';
import { PortPool } from './allocate-port.ts';
import { Announcer } from './announcer.ts';
import { untilIdle } from './drain.ts';
import { DropletCache } from './droplet-cache.ts';
import { provideFallbackPrograms } from './fallback-programs.ts';
import type { DeaOptions } from './options.ts';
import { ProcessCensus } from './process-census.ts';
import { RuntimeVersions } from './runtime-versions.ts';
import { Runtimes } from './runtimes.ts';
import { placesIn, type Tools } from './tools.ts';

/** Everything a DEA with this id works with. Its directories exist then. */
export async function openTools(
  { bus, log, dataDir }: ComponentContext,
  options: DeaOptions,
  dea: string,
  changed: () => void,
): Promise<Tools> {
  const places = placesIn(dataDir, options.baseDir);
  const { instances, staged, logPositions, snapshot } = places;
  // What a killed predecessor was laying over an instance is of no use to anybody.
  await removeTree(places.layers);
  for (const path of [instances, staged, logPositions, dirname(snapshot), places.layers]) await ensureDirectory(path);
  const runtimes = new Runtimes(options);
  const droplets = new DropletCache({
    directory: places.staged,
    maxBytes: options.stagedBytes,
    maxCount: options.stagedCount,
    usesLocalFiles: !options.forceHttpSharing,
  });
  await droplets.tidy();
  let programs: Promise<void> | undefined;
  let table: Promise<RuntimeTable> | undefined;
  return {
    options,
    log,
    places,
    droplets,
    runtimes,
    versions: new RuntimeVersions({ HOME: options.userHome ?? '/', PATH: options.path }),
    runtimeTable: () => {
      table ??= import('#workload/runtimes/index.ts').then(({ RuntimeTable: Table }) => new Table(options));
      return table;
    },
    changed,
    announcer: new Announcer(bus, dea, options),
    untilIdle: (question, limitMs, signal) => untilIdle(bus, question, limitMs, signal),
    ports: new PortPool(appPortRange()),
    census: new ProcessCensus(),
    buffer: Buffer.allocUnsafe(Math.max(4096, Math.ceil((options.logBytesPerSecond * options.logBatchMs) / 1000))),
    appPath: async () => {
      programs ??= provideFallbackPrograms(places.programs, runtimes);
      await programs;
      return [...options.runtimeDirectories, options.path, places.programs].filter((part) => part !== '').join(':');
    },
  };
}
