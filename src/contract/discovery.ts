import * as v from 'valibot';
import { exchange, subject } from '#ground/subject.ts';
import { Nothing } from './primitives.ts';

/** Component registration, as all components of 2012 did it. */
const Announcement = v.looseObject({
  /** `DEA`, `Stager`, `Router`, `HealthManager`, `CloudController` */
  type: v.string(),
  index: v.nullish(v.number()),
  uuid: v.string(),
  /** `ip:port` of the status listener; `null` without one. */
  host: v.nullish(v.string()),
  credentials: v.nullish(v.array(v.string())),
  start: v.string(),
  /** `0d:1h:2m:3s`, only in replies. */
  uptime: v.optional(v.string()),
});
export type Announcement = v.InferOutput<typeof Announcement>;

export const componentAnnounce = subject('vcap.component.announce', Announcement);
export const componentDiscover = exchange('vcap.component.discover', Nothing, Announcement);

/** `0d:1h:2m:3s` */
export function uptimeText(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  const hours = Math.floor(seconds / 3_600);
  return `${Math.floor(hours / 24)}d:${hours % 24}h:${Math.floor(seconds / 60) % 60}m:${seconds % 60}s`;
}
