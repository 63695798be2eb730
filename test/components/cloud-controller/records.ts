import { randomUUID } from 'node:crypto';
import type { AppRecord } from '../../../src/components/cloud-controller/records.ts';

/** An app as it is stored, with what a test does not care about filled in. */
export function appRecord(given: Partial<AppRecord> = {}): AppRecord {
  const now = new Date().toISOString();
  return {
    guid: randomUUID(),
    createdAt: now,
    updatedAt: now,
    name: 'app',
    state: 'STOPPED',
    environment: {},
    processes: [
      {
        type: 'web',
        command: null,
        instances: 1,
        memoryMb: 256,
        diskMb: 1024,
        healthCheck: { type: 'port', timeoutSeconds: null, endpoint: null },
      },
    ],
    currentDroplet: null,
    runCount: 0,
    lifecycle: { type: 'buildpack', buildpacks: [], stack: null },
    labels: {},
    annotations: {},
    ...given,
  };
}
