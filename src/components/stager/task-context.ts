import type { StagingIsolation } from './isolation.ts';
import type { StagerOptions } from './options.ts';
import type { ScriptRoom } from './script-room.ts';
import type { TaskLog } from './task-log.ts';
import type { Workspace } from './workspace.ts';

/** What surrounds a task. */
export interface TaskContext {
  readonly log: TaskLog;
  readonly options: StagerOptions;
  readonly workspace: Workspace;
  readonly isolation: StagingIsolation;
  /** Where scripts of the task run. */
  readonly scripts: ScriptRoom;
  /** Where the stager keeps what tasks may use again. */
  readonly dataDir: string;
  /** Has something done that the reply need not wait for; what fails is only told. */
  readonly afterwards: (work: () => Promise<unknown>) => void;
  /** Aborts with the reason for the end of the task. */
  readonly signal: AbortSignal;
}
