import * as v from 'valibot';
import { exchange, subjectFamily } from '#ground/subject.ts';
import { isPlainLogBatch } from './plain-messages.ts';
import { Count } from './primitives.ts';

/** Log lines travel as data on the bus; the fields are those of a log-cache envelope. */
const LogLine = v.object({
  /** Nanoseconds since 1970, as digits: more than a double can hold. */
  timestamp: v.pipe(v.string(), v.regex(/^\d{1,19}$/)),
  stream: v.picklist(['OUT', 'ERR']),
  /** One line without its line end; bytes that are not UTF-8 were replaced. */
  text: v.string(),
});
export type LogLine = v.InferOutput<typeof LogLine>;

const LogBatch = v.object({
  /** App guid. */
  source_id: v.string(),
  /** Index of the instance, `0` where there is none. */
  instance_id: v.string(),
  /** `APP/PROC/WEB`, `STG`, `RTR`, `CELL`, `API` */
  source_type: v.string(),
  lines: v.pipe(v.array(LogLine), v.minLength(1)),
});
export type LogBatch = v.InferOutput<typeof LogBatch>;

/** `localpaas.logs.<source id>` */
export const logBatches = subjectFamily('localpaas.logs.*', LogBatch, isPlainLogBatch);

const RecentLogs = v.object({ source_id: v.string(), limit: Count });
const RecentLogsReply = v.object({
  lines: v.array(v.object({ ...LogLine.entries, source_type: v.string(), instance_id: v.string() })),
});
/** The last lines of an app, oldest first; the router shows them when an app crashed. */
export const recentLogs = exchange('localpaas.recent-logs', RecentLogs, RecentLogsReply);

let lastMs = 0;
/** Of the millisecond. */
let lastNs = 0;

/** Now in nanoseconds since 1970, later than any answer before: two lines never share a moment. */
export function nextTimestamp(): string {
  const now = performance.timeOrigin + performance.now();
  const ms = Math.floor(now);
  const ns = Math.floor((now - ms) * 1e6);
  if (ms > lastMs || (ms === lastMs && ns > lastNs)) {
    lastMs = ms;
    lastNs = ns;
  } else if (lastNs < 999_999) lastNs += 1;
  else {
    lastMs += 1;
    lastNs = 0;
  }
  return `${lastMs}${String(1_000_000 + lastNs).slice(1)}`; // together they are more than a number can hold
}
