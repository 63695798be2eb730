import { apiTime, type Process } from '#contract/api/resources.ts';
import type { AppRecord, DropletRecord, HealthCheck, ProcessRecord } from '../records.ts';
import { linksAt, noMetadata, to } from './links.ts';

/** The web process has the app's own guid, as clients expect. */
export function processGuidOf(app: Pick<AppRecord, 'guid'>, { type }: Pick<ProcessRecord, 'type'>): string {
  return type === 'web' ? app.guid : `${app.guid}-${type}`;
}

/** @param droplet the current one: its start command shows where the user gave none */
export function processView(
  app: AppRecord,
  process: ProcessRecord,
  droplet: DropletRecord | undefined,
  base: string,
): Process {
  const guid = processGuidOf(app, process);
  const self = `/v3/processes/${guid}`;
  return {
    guid,
    created_at: apiTime(new Date(app.createdAt)),
    updated_at: apiTime(new Date(app.updatedAt)),
    version: `${app.guid}-${app.runCount}`,
    type: process.type,
    command: process.command ?? droplet?.startCommand ?? null,
    user: null,
    instances: process.instances,
    memory_in_mb: process.memoryMb,
    disk_in_mb: process.diskMb,
    log_rate_limit_in_bytes_per_second: -1,
    health_check: healthCheckView(process.healthCheck),
    readiness_health_check: { type: 'process', data: { invocation_timeout: null, interval: null } },
    relationships: { app: to(app.guid), revision: null },
    metadata: noMetadata,
    links: linksAt(base, {
      self,
      scale: `${self}/actions/scale`,
      app: `/v3/apps/${app.guid}`,
      stats: `${self}/stats`,
    }),
  };
}

function healthCheckView({ type, timeoutSeconds, endpoint }: HealthCheck): Process['health_check'] {
  const data = { timeout: timeoutSeconds, invocation_timeout: null, interval: null };
  return { type, data: type === 'http' ? { ...data, endpoint: endpoint ?? '/' } : data };
}
