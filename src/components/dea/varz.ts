import type { Agent } from './agent.ts';
import { isCounted, type Usage, usageOf } from './find-instance.ts';
import { factsOf } from './instance-facts.ts';
import type { InstanceRecord } from './instance-record.ts';
import { directoryOf } from './tools.ts';

/** What all instances of a framework, or with a runtime, use: KB, KB, bytes, percent of a core. */
interface Shares {
  readonly used_memory: number;
  readonly reserved_memory: number;
  readonly used_disk: number;
  readonly used_cpu: number;
}

/** What `/varz` says of a DEA beside what all components say. */
export async function varzOf({ answers, fleet, signal, tools }: Agent) {
  const { max_memory, reserved_memory, used_memory, num_clients, state } = answers.status(signal.aborted);
  const measured = fleet.records.filter(isCounted).map((record) => ({ record, usage: fleet.usageOf(record.id) }));
  const running = measured.map(async ({ record, usage }) => ({
    ...factsOf(record, directoryOf(record, tools.places), tools.options.host),
    staged: record.directory,
    pid: (await fleet.appPidOf(record.id)) ?? null,
    ...(usage === undefined ? {} : { usage: usageOf(usage) }),
  }));
  return {
    apps_max_memory: max_memory,
    apps_reserved_memory: reserved_memory,
    apps_used_memory: Math.round(used_memory),
    num_apps: num_clients,
    running_apps: await Promise.all(running),
    frameworks: sharesBy(measured, ({ framework }) => framework),
    runtimes: sharesBy(measured, ({ runtime }) => runtime),
    ...(state === undefined ? {} : { state }),
  };
}

interface Measured {
  readonly record: InstanceRecord;
  readonly usage: Usage | undefined;
}

/** Instances without a name are in no share. */
function sharesBy(instances: readonly Measured[], nameOf: (record: InstanceRecord) => string): Record<string, Shares> {
  const shares = new Map<string, Shares>();
  for (const { record, usage } of instances) {
    const name = nameOf(record);
    if (name === '') continue;
    const before = shares.get(name) ?? { used_memory: 0, reserved_memory: 0, used_disk: 0, used_cpu: 0 };
    shares.set(name, {
      used_memory: before.used_memory + (usage?.memoryBytes ?? 0) / 1024,
      reserved_memory: before.reserved_memory + record.memoryMb * 1024,
      used_disk: before.used_disk + (usage?.diskBytes ?? 0),
      used_cpu: Math.round((before.used_cpu + (usage?.cpuPercent ?? 0)) * 10) / 10,
    });
  }
  return Object.fromEntries(shares);
}
