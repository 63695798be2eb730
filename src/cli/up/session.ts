import type { Home } from '#assembly/home.ts';
import type { PlatformSettings } from '#assembly/settings.ts';
import type { Log } from '#ground/log.ts';
import type { Cli } from '../cli.ts';
import type { Inheritance } from './inheritance.ts';
import type { Orders } from './orders.ts';

export interface UpInput {
  readonly port: number | undefined;
  readonly busPort: number | undefined;
  readonly listen: string | undefined;
  readonly domain: string | undefined;
  readonly routerWorkers: string | undefined;
  readonly home: string | undefined;
  readonly idleStop: string | undefined;
  readonly openBus: boolean;
  readonly isolation: string | undefined;
  readonly requireIsolation: number | undefined;
  readonly demo: boolean;
  readonly verbose: boolean;
  readonly json: boolean;
}

/** One run of `up`, which may see several platforms come and go. */
export interface Session {
  readonly cli: Cli;
  readonly input: UpInput;
  readonly home: Home;
  readonly settings: PlatformSettings;
  readonly inheritance: Inheritance;
  readonly orders: Orders;
  readonly log: Log;
  /** Finds the path of nats-server. */
  readonly natsServer: () => Promise<string>;
  readonly version: string;
  /** Of `performance.now()`. */
  readonly startedAt: number;
}

/** In the platform's log, where `localpaas upgrade` looks for it. */
export const startFailed = 'start failed';

/** A line for people; programs that read events have no use for it. */
export function say({ cli, input }: Session, text: string): void {
  if (!input.json) cli.progress.line(text);
}
