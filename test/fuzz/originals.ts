import * as v from 'valibot';

/**
 * What the components of 2012 take out of the messages of others without looking whether it is there. One that lacks it
 * stops them: their client hands them the same message again and again. Ids of apps are text here, as from late 2012 on.
 */
const text = v.string();
const word = v.pipe(v.string(), v.nonEmpty());
const whole = v.pipe(v.number(), v.safeInteger());
const count = v.pipe(whole, v.minValue(0));
const port = v.pipe(whole, v.minValue(1), v.maxValue(65_535));
const words = v.array(word);
const assignments = v.array(v.pipe(v.string(), v.regex(/^[^=]+=/)));
const anything = v.looseObject({});
const state = v.picklist(['STARTING', 'RUNNING', 'STOPPED', 'CRASHED']);
/** A number or text, as in the recordings: epoch seconds, or the time of the database. */
const moment = v.union([v.number(), word]);
const perVersion = v.record(v.string(), count);
const none = v.null();

const runtime = v.looseObject({ name: text });
const limits = v.looseObject({ mem: whole, disk: v.optional(whole), fds: v.optional(whole) });
const hello = v.looseObject({ id: word, ip: word, port: v.nullable(port), version: v.number() });
const route = v.looseObject({
  host: word,
  port,
  uris: v.array(v.pipe(word, v.toLowerCase())),
  tags: v.nullish(anything),
});
const filter = {
  droplet: word,
  version: v.optional(text),
  instances: v.optional(v.array(text)),
  indices: v.optional(v.array(count)),
  states: v.optional(v.array(state)),
};
const announcement = v.looseObject({
  type: v.picklist(['DEA', 'Stager', 'Router', 'HealthManager', 'CloudController']),
  index: v.nullable(count),
  uuid: v.pipe(v.string(), v.regex(/^(\d+-)?[0-9a-f]{32}$/)),
  host: v.pipe(v.string(), v.regex(/^\S+:\d+$/)),
  credentials: v.strictTuple([word, word]),
  start: v.pipe(v.string(), v.regex(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d [+-]\d{4}$/)),
});
const usage = v.looseObject({ time: word, cpu: v.number(), mem: v.number(), disk: v.number() });
const stats = v.looseObject({
  name: text,
  host: word,
  port: v.nullable(port),
  uris: words,
  uptime: v.number(),
  mem_quota: v.number(),
  disk_quota: v.number(),
  fds_quota: v.number(),
});

/** By subject; a `*` stands for one token. */
export const messagesOfOriginals: Readonly<Record<string, v.GenericSchema>> = {
  staging: v.looseObject({
    download_uri: v.pipe(v.string(), v.url()),
    upload_uri: v.pipe(v.string(), v.url()),
    properties: v.looseObject({
      services: v.array(anything),
      framework_info: v.looseObject({ name: word }),
      runtime_info: runtime,
      resources: v.looseObject({ memory: whole, disk: whole, fds: whole }),
      environment: v.nullish(assignments),
    }),
  }),
  'dea.discover': v.looseObject({ droplet: word, runtime_info: runtime, limits: v.looseObject({ mem: whole }) }),
  'dea.*.start': v.looseObject({
    droplet: word,
    index: count,
    name: word,
    version: text,
    uris: words,
    sha1: word,
    executableFile: v.string(),
    executableUri: v.pipe(v.string(), v.url()),
    runtime_info: runtime,
    services: v.array(v.looseObject({ label: word, credentials: anything })),
    limits,
    env: assignments,
    users: v.array(v.string()),
  }),
  'dea.stop': v.looseObject(filter),
  'dea.update': v.looseObject({ droplet: word, uris: words }),
  'dea.find.droplet': v.looseObject({ ...filter, include_stats: v.nullish(v.boolean()) }),
  'dea.status': none,
  'dea.locate': none,
  'droplet.status': none,
  'dea.start': hello,
  'dea.advertise': v.looseObject({ id: word, available_memory: v.number(), runtimes: words }),
  'dea.heartbeat': v.looseObject({
    dea: word,
    droplets: v.array(
      v.looseObject({ droplet: word, version: text, instance: text, index: count, state, state_timestamp: whole }),
    ),
  }),
  'droplet.exited': v.variant('reason', [
    v.looseObject({
      reason: v.literal('CRASHED'),
      crash_timestamp: whole,
      droplet: word,
      version: text,
      instance: text,
      index: count,
    }),
    v.looseObject({
      reason: v.picklist(['STOPPED', 'DEA_SHUTDOWN', 'DEA_EVACUATION']),
      droplet: word,
      version: text,
      instance: text,
      index: count,
    }),
  ]),
  'droplet.updated': v.looseObject({ droplet: word, cc_partition: word }),
  'router.register': route,
  'router.unregister': v.looseObject({ ...route.entries, port: v.nullable(port) }),
  'router.start': v.looseObject({ id: word, version: v.number(), hosts: v.optional(words) }),
  'router.greet': none,
  'router.active_apps': v.array(word),
  'healthmanager.start': none,
  'healthmanager.status': v.looseObject({ droplet: word, state: v.picklist(['FLAPPING', 'CRASHED']) }),
  'healthmanager.health': v.looseObject({ droplets: v.array(v.looseObject({ droplet: word, version: text })) }),
  'healthmanager.droplet': v.looseObject({ droplets: v.array(v.looseObject({ droplet: word })) }),
  'health.start': v.looseObject({
    droplet: word,
    last_updated: moment,
    version: text,
    indices: v.array(count),
    running: perVersion,
    flapping: v.boolean(),
  }),
  // Of an app that is gone nobody knows the rest.
  'health.stop': v.looseObject({ droplet: word, instances: v.record(v.string(), text), running: perVersion }),
  'cloudcontroller.bulk.credentials.default': none,
  'vcap.component.announce': announcement,
  'vcap.component.discover': none,
};

/** By the subject of the request. */
export const repliesOfOriginals: Readonly<Record<string, v.GenericSchema>> = {
  staging: v.looseObject({
    task_id: v.pipe(v.string(), v.regex(/^[0-9a-f]{32}$/)),
    task_log: text,
    error: v.nullish(word),
  }),
  'dea.discover': hello,
  'dea.status': v.looseObject({
    ...hello.entries,
    max_memory: v.number(),
    reserved_memory: v.number(),
    used_memory: v.number(),
    num_clients: count,
  }),
  'droplet.status': v.looseObject({ ...stats.entries, usage: v.nullish(usage) }),
  'dea.find.droplet': v.looseObject({
    dea: word,
    version: text,
    droplet: word,
    instance: text,
    index: count,
    state,
    state_timestamp: whole,
    file_uri: v.nullable(word),
    credentials: v.nullable(v.strictTuple([word, word])),
    staged: v.nullable(word),
    stats: v.nullish(v.looseObject({ ...stats.entries, usage: v.nullish(usage) })),
  }),
  'router.greet': v.looseObject({ id: word, hosts: words, minimumRegisterIntervalInSeconds: whole }),
  'healthmanager.status': v.union([
    v.looseObject({ indices: v.array(v.looseObject({ index: count, since: whole })) }),
    v.looseObject({ instances: v.array(v.looseObject({ instance: v.nullable(text), since: whole })) }),
  ]),
  'healthmanager.health': v.looseObject({ droplet: word, healthy: count }),
  'healthmanager.droplet': v.looseObject({ id: word, num_instances: count, versions: anything, crashes: anything }),
  'cloudcontroller.bulk.credentials.default': v.looseObject({ user: word, password: word }),
  'vcap.component.discover': v.looseObject({
    ...announcement.entries,
    uptime: v.pipe(v.string(), v.regex(/^\d+d:\d+h:\d+m:\d+s$/)),
  }),
};
