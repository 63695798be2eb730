import * as v from 'valibot';
import type { Entrance, Workforce } from '#components/router/index.ts';
import { DomainName } from '#contract/hosts.ts';
import type { Log } from '#ground/log.ts';
import { IsolationSettings } from '#workload/sandbox/settings.ts';
import type { Home } from './home.ts';

const Port = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(65_535));

/** What a user decides about a platform. Everything else is the components' own default. */
export const PlatformSettings = v.object({
  /** Address the router listens on; the platform is reachable from other machines with another one than loopback. */
  listen: v.optional(v.string(), '127.0.0.1'),
  /** Port of the router: apps and API. 0 takes any free one. */
  port: v.optional(Port, 8080),
  /** Port of the message bus on loopback. 0 takes any free one. */
  busPort: v.optional(Port, 4222),
  /** Lets everybody on this machine use the bus, as the clients of 2012 expect. */
  openBus: v.optional(v.boolean(), false),
  /** Apps are `<name>.<domain>`. */
  domain: v.optional(DomainName, 'localhost'),
  /** Of staging. */
  ...IsolationSettings.entries,
  /** Seconds without a request after which an app is stopped that does not say otherwise; never when absent. */
  idleStopSeconds: v.optional(v.pipe(v.number(), v.minValue(1))),
});
export type PlatformSettings = v.InferOutput<typeof PlatformSettings>;

/** The start of a platform that is to take over from another. */
export interface Succession {
  /** Told when there is nothing left to do but to wait for the home. */
  readonly waiting: () => Promise<void>;
  /** Told when the home is ours. */
  readonly taken: () => void;
}

/** What surrounds a platform. */
export interface PlatformContext {
  readonly home: Home;
  readonly log: Log;
  readonly signal: AbortSignal;
  /** Finds the path of nats-server; asked at each attempt, for another version may have cleared the cache meanwhile. */
  readonly natsServer: () => Promise<string>;
  readonly version: string;
  /** The router's listening socket, where it need not open one; `listen` and `port` are that socket's then. */
  readonly entrance?: Entrance | undefined;
  /** The router's other processes, if it is to have any. */
  readonly routerWorkers?: Omit<Workforce, 'bus'> | undefined;
  /** Has the start wait until the home is free, when another platform has it. */
  readonly succession?: Succession | undefined;
}
