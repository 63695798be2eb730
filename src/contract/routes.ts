import * as v from 'valibot';
import { deflatedSubject, exchange, subject } from '#ground/subject.ts';
import { isPlainRoute } from './plain-messages.ts';
import { Count, Id, Nothing, Port, Uris } from './primitives.ts';

/**
 * Route registration: whoever serves a host name tells the routers where it listens. Identity is uri + host + port.
 * Shape: router v1 and v2 (2011–2013), and gorouter's mbus/subscriber.go for the later fields.
 */
const RouteMessage = v.object({
  host: v.pipe(v.string(), v.nonEmpty()),
  port: Port,
  uris: Uris,
  /** The app's id (`droplet` on the wire of the DEA). Absent for the platform's own endpoints. */
  app: v.nullish(Id),
  dea: v.nullish(v.string()),
  tags: v.nullish(v.record(v.string(), v.nullish(v.string()))),
  /** The value of the sticky-session cookie; 64 hex digits from a DEA. */
  private_instance_id: v.nullish(v.string()),
  /** Ours and gorouter's: which instance this is, for log lines and headers. */
  private_instance_index: v.nullish(v.string()),
  /** Ours: which version of its app an instance runs. */
  version: v.nullish(v.string()),
});
export type RouteMessage = v.InferOutput<typeof RouteMessage>;

/** A DEA may withdraw an instance that never got a port. */
const RouteWithdrawal = v.object({ ...RouteMessage.entries, port: v.nullish(Port) });
export type RouteWithdrawal = v.InferOutput<typeof RouteWithdrawal>;

/** Published when an instance becomes healthy, at every register interval, and on `router.start`. */
export const routerRegister = subject('router.register', RouteMessage, isPlainRoute);

export const routerUnregister = subject('router.unregister', RouteWithdrawal);

const RouterStart = v.object({
  id: v.string(),
  version: v.optional(v.union([v.number(), v.string()])),
  hosts: v.optional(v.array(v.string())),
  /** Ours: where it takes requests, at the first of the hosts. */
  port: v.optional(Port),
  /** Seconds. Register at least this often. */
  minimumRegisterIntervalInSeconds: v.optional(v.number()),
  /** Seconds. A route not registered again for so long is dropped. */
  pruneThresholdInSeconds: v.optional(v.number()),
});
export type RouterStart = v.InferOutput<typeof RouterStart>;

/** Published by a router when it starts and every 30 s: everybody registers again. */
export const routerStart = subject('router.start', RouterStart);

/** gorouter's question for the same facts. */
export const routerGreet = exchange('router.greet', Nothing, RouterStart);

const EndpointsQuestion = v.object({
  /** The host names, with or without a path, that lead there. */
  uris: v.pipe(Uris, v.minLength(1)),
  /** Only instances that run this version; all when absent. */
  version: v.nullish(v.string()),
  /** Only the one with this `private_instance_id`; all when absent. */
  private_instance_id: v.nullish(v.string()),
});
export type EndpointsQuestion = v.InferOutput<typeof EndpointsQuestion>;

const EndpointsReply = v.object({
  /** Id of the router. */
  router: v.string(),
  /** How many of these instances get requests, at the uri which the fewest of them serve. */
  routed: Count,
  /** Requests, streams and websockets that they are at work on, also those that get no new ones. */
  active: Count,
});

/** Ours: "do you know these instances, and are they still busy?" Each router answers. */
export const routerEndpoints = exchange('localpaas.router.endpoints', EndpointsQuestion, EndpointsReply);

/** Their number is looked at before they are. */
const ActiveApps = v.pipe(v.array(v.unknown()), v.maxLength(100_000), v.array(Id));
/** Which apps were asked for since the last message, perhaps none. Published by a router of 2013 every 30 s. */
export const routerActiveApps = deflatedSubject('router.active_apps', ActiveApps);
