import type { Scope } from './plan.ts';

/** How a service is, whoever manages it. */
export interface ServiceStatus {
  readonly manager: 'systemd' | 'launchd';
  readonly scope: Scope;
  /** Where it is written down; null when it is not installed. */
  readonly file: string | null;
  readonly user: string | null;
  readonly home: string | null;
  /** Where the router listens: `127.0.0.1:8080`. */
  readonly address: string | null;
  readonly enabled: boolean;
  readonly running: boolean;
  /** In the words of who manages it. */
  readonly state: string;
  /** ISO 8601. */
  readonly since: string | null;
  readonly pid: number | null;
  /** How often it was started again since somebody started it. */
  readonly restarts: number;
  readonly startsAtBoot: boolean;
  /** What to do so that it starts at boot, as a sentence; null when it does. */
  readonly hint: string | null;
  /** What it said last, when it does not run; empty when this user may not read that. */
  readonly lastLines: readonly string[];
}

/** The status of what is not there. */
export function notInstalled(manager: ServiceStatus['manager'], scope: Scope): ServiceStatus {
  return {
    manager,
    scope,
    file: null,
    user: null,
    home: null,
    address: null,
    enabled: false,
    running: false,
    state: 'not installed',
    since: null,
    pid: null,
    restarts: 0,
    startsAtBoot: false,
    hint: null,
    lastLines: [],
  };
}
