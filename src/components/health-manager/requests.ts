import { type HmRequest, healthStart, healthStop, hmRequests, hmRequestsOfPartition } from '#contract/health.ts';
import type { Bus } from '#ground/bus.ts';
import type { Start, Stop } from './decide.ts';
import type { HealthManagerOptions } from './options.ts';

/** How many instances of each version run. */
export type Running = Readonly<Record<string, number>>;

type RequestOptions = Pick<HealthManagerOptions, 'olderRequests' | 'partition'>;

/** Asks the cloud controller for starts and stops: as of 2013, and as before that where it is wanted. */
export class Requests {
  readonly #bus: Bus;
  readonly #options: RequestOptions;
  /** How many were sent, under the names of `/varz`. */
  readonly sent = { health_start_messages_sent: 0, health_stop_messages_sent: 0, spindown_messages_sent: 0 };

  constructor(bus: Bus, options: RequestOptions) {
    this.#bus = bus;
    this.#options = options;
  }

  start({ app, indices }: Start, running: Running, flapping: boolean): void {
    const { id, lastUpdated, version } = app;
    const common = { droplet: id, last_updated: lastUpdated, version, indices: [...indices], flapping };
    this.#bus.publish(healthStart, { ...common, running });
    this.#publishOlder({ ...common, op: 'START' });
    this.sent.health_start_messages_sent += 1;
  }

  stop({ app, lastUpdated, version, instances }: Stop, running: Running): void {
    const byId = Object.fromEntries(instances.map((each) => [each.instance, each.version]));
    const common = { droplet: app, last_updated: lastUpdated };
    this.#bus.publish(healthStop, { ...common, version, instances: byId, running });
    this.#publishOlder({ ...common, op: 'STOP', instances: Object.keys(byId) });
    this.sent.health_stop_messages_sent += 1;
  }

  /** There is no newer word for it. */
  spinDown(app: string): void {
    const { olderRequests, partition } = this.#options;
    const subject = olderRequests === 'plain' ? hmRequests : hmRequestsOfPartition.at(partition);
    this.#bus.publish(subject, { op: 'SPINDOWN', droplet: app });
    this.sent.spindown_messages_sent += 1;
  }

  #publishOlder(request: HmRequest): void {
    const { olderRequests, partition } = this.#options;
    if (olderRequests === 'none') return;
    this.#bus.publish(olderRequests === 'plain' ? hmRequests : hmRequestsOfPartition.at(partition), request);
  }
}
