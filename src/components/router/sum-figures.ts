import type { Metric, MetricSample } from '#vcap/metrics-text.ts';

/** Each process knows all of them, so their sum would mean nothing. */
const common: ReadonlySet<string> = new Set(['localpaas_router_routes', 'localpaas_router_endpoints']);
const commonOfVarz: ReadonlySet<string> = new Set(['urls', 'droplets']);

/** What several processes measured, as if it was one. The first is asked where they all know the same. */
export function sumMetrics(all: readonly (readonly Metric[])[]): Metric[] {
  const sums = new Map<string, Metric & { samples: MetricSample[] }>();
  const places = new Map<string, number>();
  for (const metric of all.flat()) {
    const sum = sums.get(metric.name);
    if (sum === undefined) sums.set(metric.name, { ...metric, samples: [] });
    else if (common.has(metric.name)) continue;
    for (const sample of metric.samples) add(sums.get(metric.name)?.samples ?? [], sample, metric.name, places);
  }
  return [...sums.values()];
}

/** The counters among them: of a process that has ended they still count. */
export function countersOf(metrics: readonly Metric[]): Metric[] {
  return metrics.filter(({ type }) => type !== 'gauge');
}

function add(samples: MetricSample[], sample: MetricSample, name: string, places: Map<string, number>): void {
  const key = JSON.stringify([name, sample.part, Object.entries(sample.labels ?? {})]);
  const at = places.get(key);
  const before = at === undefined ? undefined : samples[at];
  if (at === undefined || before === undefined) places.set(key, samples.push(sample) - 1);
  else samples[at] = { ...sample, value: before.value + sample.value };
}

type Varz = Record<string, unknown>;

/** The same of `/varz`. @param all each with all of its apps @param isWhole whether these are to be seen */
export function sumVarz([first = {}, ...others]: readonly object[], isWhole: boolean): object {
  const sum = others.reduce<Varz>((before, each) => sumOf(before, each as Varz), first as Varz);
  const { top_app_requests: apps = [], ...rest } = sum;
  const sorted = [...(apps as AppRate[])].sort((a, b) => b.rpm - a.rpm);
  return { ...rest, top10_app_requests: sorted.slice(0, 10), ...(isWhole ? { top_app_requests: sorted } : {}) };
}

interface AppRate {
  readonly application_id: string;
  readonly rps: number;
  readonly rpm: number;
}

function sumOf(a: Varz, b: Varz): Varz {
  const sum: Varz = { ...a };
  for (const [name, value] of Object.entries(b)) if (!commonOfVarz.has(name)) sum[name] = sumOfTwo(sum[name], value);
  return sum;
}

function sumOfTwo(a: unknown, b: unknown): unknown {
  if (a === undefined) return b;
  if (typeof a === 'number') return a + Number(b);
  if (Array.isArray(a)) return sumOfRates(a, b as AppRate[]);
  return sumOf(a as Varz, b as Varz);
}

function sumOfRates(a: readonly AppRate[], b: readonly AppRate[]): AppRate[] {
  const rates = new Map(a.map((rate) => [rate.application_id, rate]));
  for (const rate of b) {
    const before = rates.get(rate.application_id);
    const { rps, rpm } = before ?? { rps: 0, rpm: 0 };
    rates.set(rate.application_id, { ...rate, rps: rps + rate.rps, rpm: rpm + rate.rpm });
  }
  return [...rates.values()];
}
