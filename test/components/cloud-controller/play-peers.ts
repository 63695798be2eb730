import { createHash, randomUUID } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import {
  deaDiscover,
  deaFindDroplet,
  deaHeartbeat,
  deaStartInstance,
  deaStop,
  dropletExited,
  type FoundInstance,
  type Heartbeat,
  type StartRequest,
} from '#contract/dea.ts';
import { staging } from '#contract/staging.ts';
import type { Bus } from '#ground/bus.ts';
import { call } from '#ground/http-client.ts';
import type { Scope } from '../../support/spec.ts';
import { multipartOf } from './operations.ts';

/** A stager whose droplets are a gzip of the package it was sent to. */
export function playStager(scope: Scope, bus: Bus, before: () => Promise<void> = async () => {}): void {
  scope.use(
    bus.answer(staging, async ({ download_uri, upload_uri }) => {
      await before();
      const bits = await (await call(download_uri)).bytes();
      const parts = multipartOf([{ name: 'upload[droplet]', content: gzipSync(bits), filename: 'droplet.tgz' }]);
      (await call(upload_uri, { method: 'POST', ...parts })).discard();
      const task_id = createHash('md5').update(upload_uri).digest('hex');
      return { task_id, task_log: 'staged\n', framework: 'static', runtime: 'node', start_command: 'serve public' };
    }),
  );
}

/** Where a DEA shows files; each instance has a directory `<name>-<index>`. */
export interface FileViewer {
  readonly file_uri: string;
  readonly credentials: string[];
}

/** A DEA that takes everything, and whose instances run at once. */
export function playDea(scope: Scope, bus: Bus, viewer?: FileViewer): void {
  const id = randomUUID().replaceAll('-', '');
  const hello = { id, ip: '127.0.0.1', port: null, version: 0.99 };
  const instances = new Map<string, { start: StartRequest; beat: Heartbeat['droplets'][number] }>();
  scope.use(bus.answer(deaDiscover, () => hello));
  scope.use(
    bus.subscribe(deaStartInstance.at(id), (start) => {
      const instance = randomUUID().replaceAll('-', '');
      const { droplet, version, index } = start;
      const at = { state: 'RUNNING' as const, state_timestamp: Date.now() / 1000 };
      const beat = { droplet, version, instance, index, ...at };
      instances.set(instance, { start, beat });
      bus.publish(deaHeartbeat, { dea: id, droplets: [beat] });
    }),
  );
  scope.use(
    bus.subscribe(deaStop, ({ droplet, version, instances: ids, instance_ids, indices }) => {
      const meant = ids ?? instance_ids;
      for (const [instance, { beat }] of instances) {
        const isMeant =
          beat.droplet === droplet &&
          (version ?? beat.version) === beat.version &&
          (meant?.includes(instance) ?? true) &&
          (indices?.includes(beat.index) ?? true);
        if (!isMeant) continue;
        instances.delete(instance);
        bus.publish(dropletExited, { droplet, version: beat.version, instance, index: beat.index, reason: 'STOPPED' });
      }
    }),
  );
  scope.use(
    bus.answerEach(deaFindDroplet, ({ droplet, states, indices, instances: ids }): FoundInstance[] =>
      [...instances.values()]
        .filter(({ beat }) => beat.droplet === droplet && (states?.includes(beat.state) ?? true))
        .filter(({ beat }) => (indices?.includes(beat.index) ?? true) && (ids?.includes(beat.instance) ?? true))
        .map(({ start, beat }) => ({
          ...{ dea: id, ...beat, stats: statsOf(start) },
          ...(viewer === undefined ? {} : { ...viewer, staged: `${start.name}-${start.index}` }),
        })),
    ),
  );
}

function statsOf({ name, uris, limits }: StartRequest): NonNullable<FoundInstance['stats']> {
  const megabyte = 1024 * 1024;
  return {
    name,
    host: '127.0.0.1',
    port: 40_000,
    uris: [...(uris ?? [])],
    uptime: 1,
    mem_quota: (limits?.mem ?? 0) * megabyte,
    disk_quota: (limits?.disk ?? 0) * megabyte,
    fds_quota: 256,
    usage: { time: new Date().toISOString(), cpu: 1.5, mem: 20_480, disk: megabyte },
  };
}
