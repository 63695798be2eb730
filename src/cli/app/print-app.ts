import { readableSize } from '#ground/bytes.ts';
import type { Output } from '../output.ts';
import { readableDuration } from '../readable-time.ts';
import type { DetailedAppView, InstanceView } from './app-view.ts';

const megabyte = 1024 * 1024;

/** An app for people. */
export function printApp(out: Output, view: DetailedAppView): void {
  out.facts([
    ['name', view.name],
    ['state', view.health],
    ['instances', `${view.instances.running} of ${view.instances.wanted} running`],
    ['memory', readableSize(view.memoryMb * megabyte)],
    ['disk', readableSize(view.diskMb * megabyte)],
    ...(view.detected === null ? [] : [['detected', view.detected] as const]),
    ...(view.command === null ? [] : [['command', view.command] as const]),
    ...view.urls.map((url, index) => [index === 0 ? 'url' : '', url] as const),
  ]);
  if (view.state === 'STOPPED' || view.list.length === 0) return;
  out.line();
  out.table(
    ['#', 'state', 'since', 'cpu', 'memory', 'disk', 'details'],
    view.list.map((instance) => rowOf(instance, view)),
  );
}

function rowOf(instance: InstanceView, view: DetailedAppView): string[] {
  const { index, state, uptimeSeconds, cpu, memoryBytes, diskBytes, pid, details } = instance;
  const isRunning = state === 'running';
  return [
    String(index),
    state,
    isRunning && uptimeSeconds !== null ? readableDuration(uptimeSeconds) : '-',
    isRunning && cpu !== null ? `${(cpu * 100).toFixed(1)}%` : '-',
    isRunning ? shareOf(memoryBytes, view.memoryMb) : '-',
    isRunning ? shareOf(diskBytes, view.diskMb) : '-',
    details ?? (pid === null || !isRunning ? '' : `pid ${pid}`),
  ];
}

function shareOf(used: number | null, limitMb: number): string {
  return used === null ? '-' : `${readableSize(used)} of ${readableSize(limitMb * megabyte)}`;
}
