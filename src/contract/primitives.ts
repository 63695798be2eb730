import * as v from 'valibot';

/** Ids are strings; the 2011 components sent integers, and 2012 ones accept either. We emit strings. */
export const Id = v.union([v.pipe(v.string(), v.nonEmpty()), v.pipe(v.number(), v.transform(String))]);

export const Port = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(65_535));

/** One that every language can hold: 1e308 is a whole number too, and travels as none. */
export const Count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));

/** Seconds since 1970, possibly with a fraction. */
export const EpochSeconds = v.pipe(v.number(), v.minValue(0), v.maxValue(Number.MAX_SAFE_INTEGER));

/** A length of time. */
export const Seconds = v.pipe(v.number(), v.minValue(0), v.maxValue(Number.MAX_SAFE_INTEGER));

/** Host names without scheme, e.g. `hello.localhost`, possibly with a path: `hello.localhost/api`. */
export const Uris = v.array(v.pipe(v.string(), v.nonEmpty()));

/** A message with no body: the originals send an empty payload, which arrives as `null`. */
export const Nothing = v.nullish(v.unknown());

/** Ruby's default time text, which 2012 messages carry: `2012-11-13 22:13:08 +0000`. */
export function rubyTime(at: Date): string {
  return at
    .toISOString()
    .replace('T', ' ')
    .replace(/\.\d+Z$/, ' +0000');
}

/** Now, as whole seconds since 1970. */
export function epochSeconds(nowMs: number): number {
  return Math.floor(nowMs / 1000);
}
