import * as read from './values.ts';
import { listOf, type Read } from './values.ts';

/** An attribute of an app, of one of its processes or of a sidecar. */
export interface Attribute {
  readonly read: Read;
  /** What else it is called. */
  readonly alias?: string;
  /** `null` means something, and is no forgotten value. */
  readonly mayBeNull?: true;
  /** Of the older manifests; becomes another attribute. */
  readonly isOld?: true;
}

export type Attributes = Readonly<Record<string, Attribute>>;

const healthCheckType = read.oneOf('port', 'http', 'process', 'none');

/** What a process may say, and the app on behalf of its process `web`. */
const processAttributes: Attributes = {
  memory: { read: read.size },
  'disk-quota': { read: read.size, alias: 'disk_quota' },
  instances: { read: read.wholeNumber },
  command: { read: read.textOrNull, mayBeNull: true },
  'health-check-type': { read: healthCheckType },
  'health-check-http-endpoint': { read: read.text },
  'health-check-invocation-timeout': { read: read.wholeNumber },
  'health-check-interval': { read: read.wholeNumber },
  'readiness-health-check-type': { read: healthCheckType },
  'readiness-health-check-http-endpoint': { read: read.text },
  'readiness-health-check-invocation-timeout': { read: read.wholeNumber },
  'readiness-health-check-interval': { read: read.wholeNumber },
  timeout: { read: read.wholeNumber },
  'log-rate-limit-per-second': { read: read.text },
  user: { read: read.text },
};

export const processOnly: Attributes = { type: { read: read.text }, ...processAttributes };

export const sidecarAttributes: Attributes = {
  name: { read: read.text },
  'process-types': { read: listOf(read.text), alias: 'process_types' },
  command: { read: read.text },
  memory: { read: read.size },
};

/** Everything an app's entry in a manifest may say. The lists of processes and sidecars are read with their own tables. */
export const appAttributes: Attributes = {
  name: { read: read.text },
  path: { read: read.text },
  ...processAttributes,
  env: { read: read.environment },
  buildpack: { read: read.textOrNull, mayBeNull: true },
  buildpacks: { read: listOf(read.text) },
  stack: { read: read.text },
  routes: { read: read.routes },
  'no-route': { read: read.flag },
  'random-route': { read: read.flag },
  'default-route': { read: read.flag },
  host: { read: read.text, isOld: true },
  hosts: { read: listOf(read.text), isOld: true },
  subdomain: { read: read.text, isOld: true },
  domain: { read: read.text, isOld: true },
  domains: { read: listOf(read.text), isOld: true },
  'no-hostname': { read: read.flag, isOld: true },
  services: { read: read.services },
  docker: { read: read.anything },
  processes: { read: read.anything },
  sidecars: { read: read.anything },
  metadata: { read: read.metadata },
  features: { read: read.features },
  lifecycle: { read: read.oneOf('buildpack', 'cnb', 'docker') },
  stackato: { read: read.anything },
};
