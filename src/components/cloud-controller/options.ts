import * as v from 'valibot';
import { DomainName } from '#contract/hosts.ts';

const megabytes = v.pipe(v.number(), v.integer(), v.minValue(1));
const seconds = v.pipe(v.number(), v.minValue(0.01));

/** The cloud controller's settings. */
export const CloudControllerOptions = v.object({
  /** Apps are `<name>.<domain>`. */
  domain: v.optional(DomainName, 'localhost'),
  /** Further names and addresses of this machine under which the API answers. */
  hostNames: v.optional(v.array(v.pipe(v.string(), v.nonEmpty(), v.toLowerCase())), []),
  /** localpaas' own version, told by `/localpaas/v1/info`. */
  version: v.optional(v.string(), '0.0.0'),
  /** The home directory, told by `/localpaas/v1/info`. */
  home: v.optional(v.string(), ''),
  /** Name of the administrator's account. */
  adminName: v.optional(v.pipe(v.string(), v.nonEmpty()), 'admin'),
  /** Password of the administrator; the one of the last start, or made up at the first one, when absent. */
  adminPassword: v.optional(v.pipe(v.string(), v.nonEmpty())),
  /** MB of memory a process gets when nobody says. */
  defaultMemoryMb: v.optional(megabytes, 256),
  /** MB of disk an instance gets when nobody says. */
  defaultDiskMb: v.optional(megabytes, 1024),
  /** Seconds an access token is good for. When under a minute is left, clients ask for a new one before each request. */
  accessTokenSeconds: v.optional(seconds, 7_200),
  /** Seconds a login lasts. */
  refreshTokenSeconds: v.optional(seconds, 30 * 86_400),
  /** Seconds between two registrations with the routers; a router forgets who is silent for two minutes. */
  registerSeconds: v.optional(seconds, 20),
  /** Seconds a staging task may take. */
  stagingSeconds: v.optional(seconds, 15 * 60),
  /** Seconds a stager is looked for before a build fails. */
  stagerSearchSeconds: v.optional(seconds, 3),
  /** MB of an upload. */
  maxUploadMb: v.optional(megabytes, 1024),
  /** MB of a package's files together. */
  maxUnpackedMb: v.optional(megabytes, 2048),
  /** Entries of a package. */
  maxFiles: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1)), 50_000),
  /** MB of files that are kept so that nobody has to send them again. */
  resourcePoolMb: v.optional(megabytes, 1024),
  /** Seconds after an upload until its files are kept so: staging has the machine to itself first. */
  poolDelaySeconds: v.optional(seconds, 2),
  /** Packages, builds and droplets that are kept of each app. Origin: the real cloud controller's 5. */
  keptPerApp: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1)), 5),
  /** Seconds DEAs may take to say that they have room. Origin: the 2012 cloud controller. */
  discoverSeconds: v.optional(seconds, 2),
  /** Seconds that stopping instances may take to free what a new one needs. */
  roomSeconds: v.optional(seconds, 12),
  /** Seconds after which an instance that no DEA tells of is gone. Origin: `droplet_lost` of the 2012 health manager. */
  lostSeconds: v.optional(seconds, 30),
  /** Seconds that instances of an old version may go on with the requests they have. Origin: the real DEA's 10. */
  drainSeconds: v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(3_600)), 10),
  /** Seconds a new version must serve until the one before it, which stands by, is given up. */
  proveSeconds: v.optional(v.pipe(v.number(), v.minValue(0)), 2),
  /** Seconds without a request after which an app is stopped, unless it says otherwise; absent, health managers decide. */
  idleStopSeconds: v.optional(seconds),
  /** Seconds DEAs may take to tell what their instances use. */
  statsSeconds: v.optional(seconds, 0.5),
});
export type CloudControllerOptions = v.InferOutput<typeof CloudControllerOptions>;
