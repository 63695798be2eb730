import type { LogEntry } from '#ground/log.ts';

const infoVerbosity = 15;

/** The levels of 2012, with how much each lets through. */
const verbosity = new Map([
  ['off', 0],
  ['fatal', 1],
  ['error', 5],
  ['warn', 10],
  ['info', infoVerbosity],
  ['debug', 16],
  ['debug1', 17],
  ['debug2', 18],
]);

/** There is one thread here, and no fibre. */
const thread = '0001';

export interface VcapLine {
  /** Who says it, such as `vcap.stager.server`. */
  readonly logger: string;
  readonly pid: number;
  /** Instead of the entry's event with its fields. */
  readonly text?: string | undefined;
  /** Instead of the entry's. */
  readonly level?: LogEntry['level'] | undefined;
  readonly tags?: readonly string[];
}

/**
 * An entry as components of 2012 (vcap_logging 1.0) wrote it, without its line feed:
 * `[2012-11-13 17:08:57.317000] vcap.stager.server - pid=7 tid=0001 fid=0001   INFO -- Server running`.
 * The time is local. Line feeds in the text become `\n`, so that one entry stays one line.
 */
export function vcapLogLine(entry: LogEntry, { logger, pid, text, level = entry.level, tags = [] }: VcapLine): string {
  const said = (text ?? textOf(entry)).replaceAll('\n', '\\n');
  const marks = tags.length === 0 ? '-' : tags.join(',');
  const place = `pid=${pid} tid=${thread} fid=${thread}`;
  return `[${localTime(entry.at)}] ${logger} ${marks} ${place} ${level.toUpperCase().padStart(6)} -- ${said}`;
}

/** Whether a log that is set to `threshold`, one of the levels of 2012, shows this. An unknown one counts as `info`. */
export function isShown(level: LogEntry['level'], threshold: string): boolean {
  return (verbosity.get(level) ?? infoVerbosity) <= (verbosity.get(threshold) ?? infoVerbosity);
}

function textOf({ event, fields }: LogEntry): string {
  const { component: _, ...rest } = fields;
  const facts = Object.entries(rest)
    .filter(([, value]) => value !== undefined && value !== null)
    .map(([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`);
  return [event, ...facts].join(' ');
}

/** JavaScript knows milliseconds only; the last three digits are zeros. */
function localTime(at: Date): string {
  const padded = (number: number, digits = 2) => String(number).padStart(digits, '0');
  const date = [at.getFullYear(), padded(at.getMonth() + 1), padded(at.getDate())].join('-');
  const time = [padded(at.getHours()), padded(at.getMinutes()), padded(at.getSeconds())].join(':');
  return `${date} ${time}.${padded(at.getMilliseconds(), 3)}000`;
}
