import type { Log } from '#ground/log.ts';
import type { Knowledge } from './answers.ts';
import { IdleApps } from './idle-apps.ts';
import type { Requests } from './requests.ts';

/** Has apps stopped that no router is asked for. */
export class SpinDown {
  /** How many messages of routers were heard. */
  messages = 0;
  readonly #idle: IdleApps;
  readonly #requests: Requests;
  readonly #log: Log;

  /** @param spinDownAfterMs of apps of which the cloud controller does not say it; 0 is never */
  constructor(spinDownAfterMs: number, requests: Requests, log: Log) {
    this.#idle = new IdleApps(spinDownAfterMs);
    this.#requests = requests;
    this.#log = log;
  }

  /** A router told which apps it was asked for. */
  heard(apps: readonly string[], { actual, desired, instanceLostMs }: Knowledge, nowMs: number): void {
    this.messages += 1;
    if (desired === undefined) return;
    this.#idle.heard(apps, desired, nowMs);
    for (const { id } of this.#idle.find(desired, actual.liveInstances(nowMs, instanceLostMs), nowMs)) {
      this.#log.info('nobody asks for the app', { app: id });
      this.#requests.spinDown(id);
      this.#idle.spare(id, nowMs);
    }
  }
}
