import type { Metric, MetricSample } from '#vcap/metrics-text.ts';
import type { Passage } from './traffic.ts';

/** Upper ends of the classes that latencies are counted in, in seconds. */
const ends = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** So many apps are counted apart: a label for each of very many is more than those who collect figures can take. */
const maxApps = 500;
const otherApps = 'others';

/** By the first digit of the status. */
const statuses = ['none', '1xx', '2xx', '3xx', '4xx', '5xx'];

/** What is measured of requests, for whoever collects figures. A request costs some increments. */
export class Metrics {
  readonly #apps = new Map<string, AppFigures>();
  readonly #errors = new Map<string, number>();

  count({ app = '', status, latencyMs }: Passage): void {
    const figures = this.#apps.get(app) ?? this.#newFigures(app);
    const digit = Math.floor(status / 100);
    figures.countAnswer(digit < statuses.length ? digit : 0);
    if (latencyMs !== undefined) figures.note(latencyMs / 1000);
  }

  /** Why a request has no answer of an app: a word of our own. */
  countError(reason: string): void {
    this.#errors.set(reason, (this.#errors.get(reason) ?? 0) + 1);
  }

  /** @param present gauges, with their help */
  metrics(present: Readonly<Record<string, readonly [value: number, help: string]>>): Metric[] {
    const apps = [...this.#apps];
    const gauges = Object.entries(present).map(
      ([name, [value, help]]): Metric => ({
        name: `localpaas_router_${name}`,
        help,
        type: 'gauge',
        samples: [{ value }],
      }),
    );
    return [
      {
        name: 'localpaas_router_requests_total',
        help: 'Requests by app and class of status; without an app they were for the platform itself, or for nobody.',
        type: 'counter',
        samples: apps.flatMap(([app, { answers }]) => statusSamples(app, answers)),
      },
      {
        name: 'localpaas_router_latency_seconds',
        help: 'Time from the head of a request to the head of its answer.',
        type: 'histogram',
        samples: apps.flatMap(([app, figures]) => figures.samples(app)),
      },
      {
        name: 'localpaas_router_errors_total',
        help: 'Requests, and attempts to have them answered, that failed, by reason.',
        type: 'counter',
        samples: [...this.#errors].map(([reason, value]) => ({ labels: { reason }, value })),
      },
      ...gauges,
    ];
  }

  #newFigures(app: string): AppFigures {
    const name = this.#apps.size < maxApps ? app : otherApps;
    const figures = this.#apps.get(name) ?? new AppFigures();
    this.#apps.set(name, figures);
    return figures;
  }
}

function statusSamples(app: string, answers: Float64Array): MetricSample[] {
  return statuses.flatMap((code, at) => {
    const value = answers[at] ?? 0;
    return value === 0 ? [] : [{ labels: { app, code }, value }];
  });
}

class AppFigures {
  readonly answers = new Float64Array(statuses.length);
  /** How many latencies were in each class; one more for those beyond all ends. */
  readonly #classes = new Float64Array(ends.length + 1);
  #sum = 0;

  /** @param digit the first of the status, 0 for none of the usual */
  countAnswer(digit: number): void {
    this.answers[digit] = (this.answers[digit] ?? 0) + 1;
  }

  note(seconds: number): void {
    let at = 0;
    while (at < ends.length && seconds > (ends[at] ?? 0)) at += 1;
    this.#classes[at] = (this.#classes[at] ?? 0) + 1;
    this.#sum += seconds;
  }

  samples(app: string): MetricSample[] {
    let count = 0;
    const buckets = [...this.#classes].map((inClass, at): MetricSample => {
      count += inClass;
      return { part: 'bucket', labels: { app, le: String(ends[at] ?? '+Inf') }, value: count };
    });
    const labels = { app };
    return [...buckets, { part: 'sum', labels, value: this.#sum }, { part: 'count', labels, value: count }];
  }
}
