import { join } from 'node:path';
import type { EndpointsQuestion } from '#contract/routes.ts';
import type { Log } from '#ground/log.ts';
import type { RuntimeTable } from '#workload/runtimes/index.ts';
import type { PortPool } from './allocate-port.ts';
import type { Announcer } from './announcer.ts';
import type { DropletCache } from './droplet-cache.ts';
import type { InstanceRecord } from './instance-record.ts';
import type { DeaOptions } from './options.ts';
import type { ProcessCensus } from './process-census.ts';
import type { RuntimeVersions } from './runtime-versions.ts';
import type { Runtimes } from './runtimes.ts';

/** What supervising instances takes; one of each per DEA. */
export interface Tools {
  readonly options: DeaOptions;
  readonly log: Log;
  readonly places: Places;
  readonly announcer: Announcer;
  /** Resolves when no router is at work for these instances any more, or `limitMs` are over. */
  readonly untilIdle: (question: EndpointsQuestion, limitMs: number, signal: AbortSignal) => Promise<unknown>;
  readonly droplets: DropletCache;
  readonly runtimes: Runtimes;
  readonly versions: RuntimeVersions;
  /** All runtimes of the machine, with their versions; loaded when something asks for it. */
  readonly runtimeTable: () => Promise<RuntimeTable>;
  readonly ports: PortPool;
  readonly census: ProcessCensus;
  /** For reading log files, one after the other. */
  readonly buffer: Buffer;
  /** The PATH for apps; resolves when everything in it is there. */
  readonly appPath: () => Promise<string>;
  /** Called after each change of a record. */
  readonly changed: () => void;
}

/** Where a DEA keeps what. */
export interface Places {
  /** One directory per instance. */
  readonly instances: string;
  /** Droplets as they came. */
  readonly staged: string;
  /** How far the log of each instance was read. */
  readonly logPositions: string;
  /** Programs for apps, by names that the machine lacks. */
  readonly programs: string;
  /** Layers on their way into instances; on the same file system as these. */
  readonly layers: string;
  /** What is loaded into programs that start ahead. Workers of an app load it again, so it stays. */
  readonly preBoot: string;
  readonly snapshot: string;
}

/** @param baseDir laid out as the original does it, when there is one */
export function placesIn(dataDir: string, baseDir: string | null): Places {
  if (baseDir !== null) {
    return {
      instances: join(baseDir, 'apps'),
      staged: join(baseDir, 'staged'),
      logPositions: join(baseDir, 'db', 'log-positions'),
      programs: join(baseDir, 'db', 'bin'),
      layers: join(baseDir, 'db', 'layers'),
      preBoot: join(baseDir, 'db', 'pre-boot'),
      snapshot: join(baseDir, 'db', 'instances.json'),
    };
  }
  return {
    instances: join(dataDir, 'instances'),
    staged: join(dataDir, 'staged'),
    logPositions: join(dataDir, 'log-positions'),
    programs: join(dataDir, 'bin'),
    layers: join(dataDir, 'layers'),
    preBoot: join(dataDir, 'pre-boot'),
    snapshot: join(dataDir, 'instances.json'),
  };
}

export function directoryOf(record: InstanceRecord, { instances }: Places): string {
  return join(instances, record.directory);
}
