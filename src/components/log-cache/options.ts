import * as v from 'valibot';

/** Settings of the log store. */
export const LogCacheOptions = v.object({
  /** The platform's domain: the store answers at `log-cache.<domain>`. */
  domain: v.optional(v.string(), 'localhost'),
  /** Further names of this machine under which the API answers: the store answers below `/api/v1` there. */
  hostNames: v.optional(v.array(v.string()), []),
  /** Bytes of one file of an app's log; two of them are kept. */
  fileBytes: v.optional(v.number(), 2 * 1024 * 1024),
  /** Newest lines of each app that are also kept in memory, for readers who follow. */
  recentLines: v.optional(v.number(), 1_000),
  /** How long an empty answer to who follows a log is held back, in ms: some clients ask again at once. */
  holdEmptyMs: v.optional(v.number(), 200),
  /** How often the route is registered, in ms. */
  registerEveryMs: v.optional(v.number(), 20_000),
});
export type LogCacheOptions = v.InferOutput<typeof LogCacheOptions>;
