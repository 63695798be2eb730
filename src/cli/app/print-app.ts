import { readableSize } from '#ground/bytes.ts';
import type { Output } from '../output.ts';
import { readableDuration } from '../readable-time.ts';
import { type DetailedAppView, type InstanceView, idleStopTextOf, type ProcessView, stateTextOf } from './app-view.ts';

const megabyte = 1024 * 1024;

/** An app for people. */
export function printApp(out: Output, view: DetailedAppView): void {
  const [first, ...more] = view.processes;
  const isOne = first === undefined || (more.length === 0 && first.type === 'web');
  out.facts([
    ['name', view.name],
    ['state', stateTextOf(view)],
    ...(isOne ? sizeOf(view) : []),
    ...(view.detected === null ? [] : [['detected', view.detected] as const]),
    ...(isOne && view.command !== null ? [['command', view.command] as const] : []),
    ...(view.idleStop === null ? [] : [['stops', idleStopTextOf(view.idleStop)] as const]),
    ...view.urls.map((url, index) => [index === 0 ? 'url' : '', url] as const),
  ]);
  if (!isOne) printProcesses(out, view.processes);
  const shown = isOne ? [{ ...view, type: 'web' }] : view.processes;
  const running = shown.filter(({ type }) => type !== 'web' || view.health !== 'idle');
  const rows = running.flatMap((each) => each.list.map((instance) => ({ each, cells: rowOf(instance, each) })));
  if (view.state === 'STOPPED' || rows.length === 0) return;
  out.line();
  out.table(
    [...(isOne ? [] : ['process']), '#', 'state', 'since', 'cpu', 'memory', 'disk', 'details'],
    rows.map(({ each, cells }) => (isOne ? cells : [each.type, ...cells])),
  );
}

function sizeOf({ instances, memoryMb, diskMb }: DetailedAppView): (readonly [string, string])[] {
  return [
    ['instances', `${instances.running} of ${instances.wanted} running`],
    ['memory', readableSize(memoryMb * megabyte)],
    ['disk', readableSize(diskMb * megabyte)],
  ];
}

function printProcesses(out: Output, processes: readonly ProcessView[]): void {
  out.line();
  out.table(
    ['process', 'running', 'memory', 'disk', 'command'],
    processes.map(({ type, instances, memoryMb, diskMb, command }) => [
      type,
      `${instances.running} of ${instances.wanted}`,
      readableSize(memoryMb * megabyte),
      readableSize(diskMb * megabyte),
      command ?? '',
    ]),
  );
}

type Limits = Pick<ProcessView, 'memoryMb' | 'diskMb'>;

function rowOf(instance: InstanceView, limits: Limits): string[] {
  const { index, state, uptimeSeconds, cpu, memoryBytes, diskBytes, pid, details } = instance;
  const isRunning = state === 'running';
  return [
    String(index),
    state,
    isRunning && uptimeSeconds !== null ? readableDuration(uptimeSeconds) : '-',
    isRunning && cpu !== null ? `${(cpu * 100).toFixed(1)}%` : '-',
    isRunning ? shareOf(memoryBytes, limits.memoryMb) : '-',
    isRunning ? shareOf(diskBytes, limits.diskMb) : '-',
    details ?? (pid === null || !isRunning ? '' : `pid ${pid}`),
  ];
}

function shareOf(used: number | null, limitMb: number): string {
  return used === null ? '-' : `${readableSize(used)} of ${readableSize(limitMb * megabyte)}`;
}
