import * as v from 'valibot';

/** Settings of the message bus's server. */
export const NatsServerOptions = v.object({
  /** The nats-server executable; at least 2.10.23, since earlier ones lost streams when the process crashed. */
  program: v.pipe(v.string(), v.nonEmpty()),
  /** Address to listen on. Loopback unless other machines join. */
  host: v.optional(v.string(), '127.0.0.1'),
  /** 0 has the system choose. 4222 is what every NATS client tries first. */
  port: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(65_535)), 4222),
  /** Who may connect; everybody when null. */
  credentials: v.nullable(v.object({ user: v.string(), password: v.string() })),
  /** Whether its log goes to our standard error, where somebody reads along, instead of a file. */
  logsToTerminal: v.optional(v.boolean()),
  /** How long a start may take, in ms. Recovery of large streams on an SD card takes seconds. */
  startLimitMs: v.optional(v.number(), 30_000),
  /** Restarts in a row, none of which became ready, after which the bus counts as lost. */
  maxFailedRestarts: v.optional(v.number(), 5),
});
export type NatsServerOptions = v.InferOutput<typeof NatsServerOptions>;
