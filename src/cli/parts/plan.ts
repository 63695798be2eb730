import type { LonePart } from '#assembly/one-part.ts';
import type { LogEntry } from '#ground/log.ts';

/** How a component is to run alone, as its configuration file says. */
export interface PartPlan {
  readonly part: LonePart;
  /** Where its bus is; the usual place when absent. */
  readonly busUri: string | undefined;
  /** A directory it must have to itself; any free one of the home when absent. */
  readonly directory?: string | undefined;
  /** Notes our pid where the configuration says; disposing removes it. */
  readonly takePidFile?: (() => Promise<AsyncDisposable>) | undefined;
  /** Where its log goes; to the output when absent. */
  readonly logFile?: string | undefined;
  /** A log entry as the original writes it; `undefined` when its log is set to show less. */
  readonly line: (entry: LogEntry) => string | undefined;
  /** What it says before it starts. */
  readonly greeting?: () => Promise<readonly string[]>;
  /** What the configuration asks for and means something else here. */
  readonly remarks: readonly string[];
  /** Whether SIGUSR2 has its apps replaced elsewhere first; else it stops the part. */
  readonly canEvacuate?: boolean;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Makes a plan of a configuration file, or of none. @throws ConfigError in the words of the original */
export type Planner = (configFile: string | undefined, env: Environment) => Promise<PartPlan>;
