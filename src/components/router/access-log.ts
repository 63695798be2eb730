import { type LogLine, logBatches, nextTimestamp } from '#contract/logs.ts';
import type { Bus } from '#ground/bus.ts';
import { messageOf } from '#ground/errors.ts';
import type { Log } from '#ground/log.ts';
import { isToken } from '#ground/subject.ts';

/** One request of an app, after it ended. */
export interface Visit {
  /** App guid; absent for the platform's own endpoints, and for nobody. */
  readonly app: string | undefined;
  readonly index: string | undefined;
  readonly at: Date;
  readonly host: string;
  readonly method: string;
  readonly target: string;
  readonly httpVersion: string;
  readonly status: number;
  /** Of the body. */
  readonly bytesReceived: number;
  /** Of the body. */
  readonly bytesSent: number;
  readonly referer: string | undefined;
  readonly userAgent: string | undefined;
  /** `address:port` of its socket */
  readonly client: string;
  /** `address:port`, absent when no instance was found. */
  readonly endpoint: string | undefined;
  readonly forwardedFor: string;
  /** Letters, digits, `_`, `.`, `:` and `-`. */
  readonly requestId: string;
  readonly durationMs: number;
}

const batchLines = 100;

/** Tells each app's log who visited it. Lines are collected for a moment, for there may be thousands in a second. */
export class AccessLog implements Disposable {
  readonly #bus: Bus;
  readonly #log: Log;
  readonly #everyMs: number;
  readonly #batches = new Map<string, { app: string; index: string; lines: LogLine[] }>();
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(bus: Bus, log: Log, everyMs: number) {
    this.#bus = bus;
    this.#log = log;
    this.#everyMs = everyMs;
  }

  add(visit: Visit): void {
    const { app, index = '0' } = visit;
    if (app === undefined) return;
    const key = `${app} ${index}`;
    let batch = this.#batches.get(key);
    if (batch === undefined) {
      // Foreign DEAs may name apps in ways that are no part of a subject.
      if (this.#isClosed || !isToken(app)) return;
      batch = { app, index, lines: [] };
      this.#batches.set(key, batch);
      this.#timer ??= setTimeout(() => this.#flush(), this.#everyMs);
    }
    batch.lines.push({ timestamp: nextTimestamp(), stream: 'OUT', text: accessLine(visit) });
    if (batch.lines.length < batchLines) return;
    this.#batches.delete(key);
    this.#publish(batch);
  }

  #flush(): void {
    this.#timer = undefined;
    const batches = [...this.#batches.values()];
    this.#batches.clear();
    for (const batch of batches) this.#publish(batch);
  }

  #publish({ app, index, lines }: { app: string; index: string; lines: LogLine[] }): void {
    try {
      this.#bus.publish(logBatches.at(app), { source_id: app, instance_id: index, source_type: 'RTR', lines });
    } catch (error) {
      this.#log.warn('access lines lost', { app, lines: lines.length, error: messageOf(error) });
    }
  }

  /** Publishes what is left, and takes no more: requests may outlive the bus. */
  [Symbol.dispose](): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    this.#flush();
  }
}

let lastMs = Number.NaN;
let lastTime = '';

/** As `toISOString` has it, which takes as long as the rest of a line; many requests begin in the same millisecond. */
export function timeOf(at: Date): string {
  const ms = at.getTime();
  if (ms !== lastMs) {
    lastMs = ms;
    lastTime = at.toISOString();
  }
  return lastTime;
}

/** One line, in gorouter's order: what programs that read its access log look for stands where they look. */
export function accessLine(visit: Visit): string {
  const { host, at, method, target, httpVersion, status, bytesReceived, bytesSent, index, requestId, app } = visit;
  const request = quoted(`${method} ${target} HTTP/${httpVersion}`);
  const people = `${quotedOr(visit.referer)} ${quotedOr(visit.userAgent)}`;
  const places = `"${visit.client}" ${quotedOr(visit.endpoint)}`;
  const seconds = (visit.durationMs / 1000).toFixed(6);
  return (
    `${host} - [${timeOf(at)}] ${request} ${status} ${bytesReceived} ${bytesSent} ${people} ${places} ` +
    `x_forwarded_for:${quoted(visit.forwardedFor)} x_forwarded_proto:"http" vcap_request_id:"${requestId}" ` +
    `response_time:${seconds} app_id:${quotedOr(app)} app_index:${quotedOr(index)}`
  );
}

function quotedOr(text: string | undefined): string {
  return text === undefined ? '"-"' : quoted(text);
}

const harmful = /["\\]|[^\x20-\x7e\xa0-\uffff]/;

/** A client must not be able to end the quotes, and with them its part of the line. */
function quoted(text: string): string {
  if (text.length <= 2_048 && !harmful.test(text)) return `"${text}"`;
  const shown = text.length > 2_048 ? `${text.slice(0, 2_048)}…` : text;
  return `"${shown.replace(/["\\]/g, '\\$&').replace(/[^\x20-\x7e\xa0-\uffff]/g, '?')}"`;
}
