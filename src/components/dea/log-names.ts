import type { LogLine } from '#contract/logs.ts';
import { startupLog } from './start-instance.ts';

/** A log file in the `logs` directory of an instance. */
export interface LogName {
  readonly name: string;
  readonly stream: LogLine['stream'];
  /** Whose it is; the app's own when absent. */
  readonly sidecar?: string;
}

const ofApp: readonly LogName[] = [
  { name: 'stdout.log', stream: 'OUT' },
  { name: 'stderr.log', stream: 'ERR' },
  { name: startupLog, stream: 'ERR' },
];

/** All that are followed. Those of sidecars have their number from 1 on, for a name may be anything. */
export function logNames(sidecars: readonly string[]): LogName[] {
  const ofSidecars = sidecars.flatMap((sidecar, at): LogName[] => [
    { name: `sidecar-${at + 1}.stdout.log`, stream: 'OUT', sidecar },
    { name: `sidecar-${at + 1}.stderr.log`, stream: 'ERR', sidecar },
  ]);
  return [...ofApp, ...ofSidecars];
}
