import * as v from 'valibot';

const ms = (fallback: number) => v.optional(v.pipe(v.number(), v.integer(), v.minValue(1)), fallback);
const port = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(65_535));

/** Settings of the router. In brackets what the original used where it is something else: [v2] or [gorouter]. */
export const RouterOptions = v.object({
  /** The address to listen on. */
  host: v.optional(v.pipe(v.string(), v.nonEmpty()), '127.0.0.1'),
  /** The port for everybody's requests; 0 lets the system choose. */
  port: v.optional(port, 8080),
  /** How long a request waits for an app that is starting. [does not wait] */
  holdMs: ms(10_000),
  /** How long a request whose every instance refused waits for news about the app. [does not wait] */
  newsMs: ms(500),
  /** How long a request waits for an idle app that is started for it: the whole start, on a small machine. */
  wakeMs: ms(60_000),
  /** How many requests may wait at the same time, all apps together. */
  maxHeld: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0)), 1_000),
  /** An endpoint that was not registered for so long is dropped. */
  staleMs: ms(120_000),
  /** How often stale endpoints are looked for. */
  sweepMs: ms(30_000),
  /** How often everybody is asked to register again. [gorouter asks once] */
  startEveryMs: ms(30_000),
  /** How long a client may take for the head of a request. */
  headersMs: ms(15_000),
  /** How long a client may send nothing of a body that is waited for. [60 s, v1] */
  bodyIdleMs: ms(60_000),
  /** How long a client may take nothing of an answer that waits for it. */
  stallMs: ms(300_000),
  /** How long an idle connection of a client is kept. [60 s] */
  keepAliveMs: ms(75_000),
  /** How long a connection to an instance may take. [5 s] */
  connectMs: ms(5_000),
  /** Which instance gets a request: each in turn, or the one that answers fewest now. */
  balance: v.optional(v.picklist(['round-robin', 'least-connections']), 'round-robin'),
  /** How soon an instance that refused is asked whether it is back, later less often; 0 is never. [at its registration] */
  probeMs: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0)), 100),
  /** How long an idle connection to an instance is kept, unless it says that it keeps it for less. */
  idleAppConnectionMs: ms(30_000),
  /** How long requests that are under way may go on when the router stops. */
  drainMs: ms(500),
  /** How long clients are asked to come back on other connections before the router leaves. */
  calmMs: ms(1_000),
  /** How long requests that are under way may go on when the router leaves. */
  retireMs: ms(10_000),
  /** How long connections without a request are kept when it leaves: one may be coming. */
  quietMs: ms(150),
  /** How long a request waits for the next router while the platform changes hands. */
  handoverMs: ms(60_000),
  /** A request whose `X-Vcap-Trace` says this is told which router and which instance answered it. */
  traceKey: v.optional(v.pipe(v.string(), v.nonEmpty()), '22'),
  /** Where a request is sent that no app is there for; without it a page says so. [404_redirect] */
  notFoundRedirect: v.optional(v.pipe(v.string(), v.regex(/^[\x21-\x7e]+$/, 'must be an address without blanks'))),
  /** How often health managers are told which apps were asked for; 0 is never. [flush_apps_interval, 30 s if at all] */
  activeAppsEveryMs: v.optional(v.pipe(v.number(), v.minValue(0)), 0),
  /** Whether `/varz` counts the requests of all apps each, not only of the ten that have most. */
  exposeAllApps: v.optional(v.boolean(), false),
  /** Which of several routers this is; its id begins with it then. */
  index: v.optional(v.nullable(v.pipe(v.number(), v.integer(), v.minValue(0))), null),
  /** The listener for `/healthz` and `/varz`; what is absent is made up. */
  status: v.optional(
    v.object({
      port: v.optional(port),
      user: v.optional(v.pipe(v.string(), v.nonEmpty())),
      password: v.optional(v.pipe(v.string(), v.nonEmpty())),
    }),
    {},
  ),
  /** What `/varz` shows as the configuration; these options when absent. */
  shownConfig: v.optional(v.looseObject({})),
  /** A file for one line of JSON per request; `-` is the standard output. None when absent. [access_log.file, gorouter] */
  accessFile: v.optional(v.pipe(v.string(), v.nonEmpty())),
  /** A file that is longer becomes `<file>.1`. */
  accessFileBytes: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1)), 64 * 1024 * 1024),
  /** Access lines are collected for so long before they are published. */
  logEveryMs: ms(100),
});
export type RouterOptions = v.InferOutput<typeof RouterOptions>;
