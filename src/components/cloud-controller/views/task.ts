import { apiTime, type Task } from '#contract/api/resources.ts';
import type { TaskRecord } from '../records.ts';
import { linksAt, noMetadata, to } from './links.ts';

export function taskView(task: TaskRecord, base: string): Task {
  const self = `/v3/tasks/${task.guid}`;
  const app = `/v3/apps/${task.app}`;
  const cancel = linksAt(base, { cancel: `${self}/actions/cancel` })['cancel'];
  return {
    guid: task.guid,
    created_at: apiTime(new Date(task.createdAt)),
    updated_at: apiTime(new Date(task.updatedAt)),
    sequence_id: task.sequence,
    name: task.name,
    command: task.command,
    user: null,
    state: task.state,
    memory_in_mb: task.memoryMb,
    disk_in_mb: task.diskMb,
    log_rate_limit_in_bytes_per_second: -1,
    result: { failure_reason: task.failureReason, exit_status: task.exitStatus },
    droplet_guid: task.droplet,
    relationships: { app: to(task.app) },
    metadata: noMetadata,
    links: {
      ...linksAt(base, { self, app, droplet: `/v3/droplets/${task.droplet}` }),
      cancel: { ...cancel, method: 'POST' },
    },
  };
}
