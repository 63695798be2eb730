import * as v from 'valibot';

/** What a user may say about the level at which programs are isolated. */
export const IsolationSettings = v.object({
  /** `auto` takes the best level there is; `2` the same, but none above it; `none` no sandbox. */
  isolation: v.optional(v.picklist(['auto', 'none', '2']), 'auto'),
  /** Less than this level is an error. */
  requireIsolation: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0)), 0),
});
export type IsolationSettings = v.InferOutput<typeof IsolationSettings>;
