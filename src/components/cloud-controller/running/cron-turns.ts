import { deaUpdate, type Heartbeat } from '#contract/dea.ts';
import type { Bus } from '#ground/bus.ts';
import type { Store } from '../store.ts';
import { urisOf } from '../uris.ts';
import { desiredOf } from './desired.ts';

interface Parts {
  readonly bus: Bus;
  readonly store: Store;
}

/** In minutes since 1970, as turns are counted. */
export function thisMinute(): number {
  return Math.floor(Date.now() / 60_000);
}

/** A version of an app is reached under its names, and runs what is due by the clock behind this minute. */
export function giveTurn({ bus, store }: Parts, app: string, version: string, after = thisMinute()): void {
  bus.publish(deaUpdate, { droplet: app, uris: urisOf(store, app), version, cron: { after } });
}

/** Instances that should run and wait for their turn were told of it when nobody heard, or it was never said. */
export function giveMissedTurns(parts: Parts, droplets: Heartbeat['droplets']): void {
  for (const { droplet, version, cron_waits: waits } of droplets) {
    if (waits && desiredOf(parts.store, droplet)?.version === version) giveTurn(parts, droplet, version);
  }
}
