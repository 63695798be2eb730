import type { Task } from '#contract/api/resources.ts';

/** A task as `--json` prints it; programs rely on these names. */
export interface TaskView {
  readonly id: number;
  readonly guid: string;
  readonly name: string;
  readonly state: 'pending' | 'running' | 'canceling' | 'succeeded' | 'failed';
  readonly command: string | null;
  readonly startedAt: string;
  readonly memoryMb: number;
  readonly exitStatus: number | null;
  /** Why it failed. */
  readonly reason: string | null;
}

const states = {
  PENDING: 'pending',
  RUNNING: 'running',
  CANCELING: 'canceling',
  SUCCEEDED: 'succeeded',
  FAILED: 'failed',
} as const;

export function taskViewOf(task: Task): TaskView {
  return {
    id: task.sequence_id,
    guid: task.guid,
    name: task.name,
    state: states[task.state],
    command: task.command ?? null,
    startedAt: task.created_at,
    memoryMb: task.memory_in_mb,
    exitStatus: task.result.exit_status ?? null,
    reason: task.result.failure_reason ?? null,
  };
}

export function hasEnded({ state }: Task): boolean {
  return state === 'SUCCEEDED' || state === 'FAILED';
}
