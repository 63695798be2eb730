import { apiTime, type Process } from '#contract/api/resources.ts';
import { processGuidOf } from '../process-guid.ts';
import { canRun } from '../process-types.ts';
import type { AppRecord, DropletRecord, HealthCheck, ProcessRecord } from '../records.ts';
import { linksAt, noMetadata, to } from './links.ts';

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
    command: process.command ?? droplet?.processTypes?.[process.type] ?? ofWeb(process, droplet),
    user: null,
    // Of what cannot be started, nothing is wanted.
    instances: droplet === undefined || canRun(process, droplet) ? process.instances : 0,
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

/** A droplet of a framework plugin has one command. */
function ofWeb({ type }: ProcessRecord, droplet: DropletRecord | undefined): string | null {
  return type === 'web' ? (droplet?.startCommand ?? null) : null;
}
