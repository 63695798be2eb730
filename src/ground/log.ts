/** What a log line is written with: a constant event, and what varies as fields. */
export type LogFields = Readonly<Record<string, unknown>>;
type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** The platform's own log. What apps print is not this: that is data on the bus. */
export interface Log {
  debug(event: string, fields?: LogFields): void;
  info(event: string, fields?: LogFields): void;
  warn(event: string, fields?: LogFields): void;
  error(event: string, fields?: LogFields): void;
  /** A log which adds `fields` to each of its lines. */
  with(fields: LogFields): Log;
}

export interface LogEntry {
  readonly at: Date;
  readonly level: LogLevel;
  readonly event: string;
  readonly fields: LogFields;
}

/** A log that hands its entries to `write`; the cli decides how they look and where they go. */
export function createLog(write: (entry: LogEntry) => void, base: LogFields = {}): Log {
  const line =
    (level: LogLevel) =>
    (event: string, fields: LogFields = {}) =>
      write({ at: new Date(), level, event, fields: { ...base, ...fields } });
  return {
    debug: line('debug'),
    info: line('info'),
    warn: line('warn'),
    error: line('error'),
    with: (fields) => createLog(write, { ...base, ...fields }),
  };
}

/** For a test or a tool that does not want to hear anything. */
export const silentLog: Log = createLog(() => {});
