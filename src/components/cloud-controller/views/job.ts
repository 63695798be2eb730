import { apiTime } from '#contract/api/resources.ts';
import type { Job } from '../jobs.ts';
import { linksAt } from './links.ts';

export function jobView(job: Job, base: string) {
  const at = apiTime(job.createdAt);
  return {
    guid: job.guid,
    created_at: at,
    updated_at: at,
    operation: job.operation,
    state: job.state,
    errors: job.errors,
    warnings: job.warnings.map((detail) => ({ detail })),
    links: linksAt(base, { self: `/v3/jobs/${job.guid}` }),
  };
}
