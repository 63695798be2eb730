import * as v from 'valibot';
import { subject } from '#ground/subject.ts';
import { Uris } from './primitives.ts';

/**
 * What became of an app as a whole, for whoever stands in front of it. v1 has no word for it: its router knows
 * endpoints only, and so cannot tell an app that is starting from one that does not exist.
 */
const AppState = v.object({
  /** App guid. */
  app: v.string(),
  name: v.string(),
  uris: Uris,
  /** STARTING: no instance runs yet, and one is wanted. CRASHED: none runs, and the last one died. */
  state: v.picklist(['STOPPED', 'STAGING', 'STARTING', 'RUNNING', 'CRASHED', 'DELETED']),
  /** Why, for CRASHED: `exited with status 1`. */
  reason: v.optional(v.string()),
});
export type AppState = v.InferOutput<typeof AppState>;

/** Published by the cloud controller at each change, and for all apps on `router.start`. */
export const appState = subject('localpaas.app.state', AppState);
