import * as v from 'valibot';
import { exchange, subject } from '#ground/subject.ts';
import { Id, Nothing, Seconds, Uris } from './primitives.ts';

/** One that came from elsewhere must be able to stand in headers and in HTML as it is. */
const Version = v.pipe(v.string(), v.regex(/^[\w.:+-]{1,200}$/, 'must be letters, digits and .:+-_'));

/**
 * What became of an app as a whole, for whoever stands in front of it. v1 has no word for it: its router knows
 * endpoints only, and so cannot tell an app that is starting from one that does not exist.
 */
const AppState = v.object({
  /** App guid. */
  app: v.string(),
  name: v.string(),
  uris: Uris,
  /**
   * STARTING: no instance runs yet, and one is wanted. CRASHED: none runs, and the last one died. IDLE: it was stopped
   * because nobody asked for it, and is started again for whoever does. RUNNING after IDLE: it was not stopped after all.
   */
  state: v.picklist(['STOPPED', 'STAGING', 'STARTING', 'RUNNING', 'CRASHED', 'IDLE', 'DELETED']),
  /** Why, for CRASHED: `exited with status 1`. */
  reason: v.optional(v.string()),
  /** The app may be stopped when nobody asked for it for so long: routers are to tell whether somebody does. */
  idle_stop_seconds: v.optional(Seconds),
  /** Somebody works on the app: routers have its pages reload themselves. */
  live_reload: v.optional(v.boolean()),
  /**
   * What serves now, for an app with `live_reload`. It becomes another when no instance of the one before gets requests any
   * more, for that is when pages are reloaded; absent while nothing serves.
   */
  version: v.optional(Version),
  /** A newer version could not be staged or started while this one goes on. For people: `exited with status 1`. */
  trouble: v.optional(v.object({ version: v.string(), reason: v.string() })),
});
export type AppState = v.InferOutput<typeof AppState>;

/** Published by the cloud controller at each change, and for all apps on `router.start`. */
export const appState = subject('localpaas.app.state', AppState);

const OneApp = v.object({ app: Id });

/** A router asks for an app that is IDLE: somebody wants it. The reply says that its state is another now. */
export const appWake = exchange('localpaas.app.wake', OneApp, Nothing);

const AppUse = v.object({ /** Which one says so, as in `router.start`. */ router: Id, in_use: v.boolean() });

/**
 * Asked after an app was told to be IDLE and before its instances are stopped. A router for which a request or a websocket
 * is with an instance, or was since it last told which apps are asked for, says that it is in use.
 */
export const appUse = exchange('localpaas.app.use', OneApp, AppUse);
