import { logBatches, nextTimestamp } from '#contract/logs.ts';
import type { Bus } from '#ground/bus.ts';

/** Writes a line of the platform's own into an app's log, between what staging and the app print. */
export function sayInAppLog(bus: Bus, appGuid: string, text: string): void {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  if (lines.length === 0) return;
  bus.publish(logBatches.at(appGuid), {
    source_id: appGuid,
    instance_id: '0',
    source_type: 'API',
    lines: lines.map((line) => ({ timestamp: nextTimestamp(), stream: 'OUT' as const, text: line })),
  });
}
