/** A change that makes a good message bad: the place, and what is put there; `undefined` takes it away. */
export type Change = readonly [path: string, value: unknown];

export interface Malformed {
  readonly message?: readonly Change[];
  readonly reply?: readonly Change[];
}

const hello: readonly Change[] = [
  ['id', undefined],
  ['id', 7],
  ['ip', null],
  ['port', 0],
  ['port', 65_536],
  ['port', '12345'],
  ['version', null],
];

const stats: readonly Change[] = [
  ['name', null],
  ['host', undefined],
  ['port', '38993'],
  ['uris', null],
  ['uptime', '39 s'],
  ['mem_quota', '256M'],
  ['usage', 'none'],
  ['usage.cpu', null],
];

const instance: readonly Change[] = [
  ['droplet', null],
  ['version', 1],
  ['instance', undefined],
  ['index', -1],
  ['index', 0.5],
  ['index', '0'],
];

/** What is malformed of the conversations with a DEA; as `malformed`. */
export const malformedOfDea: Readonly<Record<string, Malformed>> = {
  'dea.*.start': {
    message: [
      ['droplet', undefined],
      ['droplet', ''],
      ['droplet', null],
      ['index', undefined],
      ['index', -1],
      ['index', 1.5],
      ['name', null],
      ['version', 1],
      ['uris', 'hello.localhost'],
      ['uris.0', ''],
      ['sha1', undefined],
      ['executableUri', undefined],
      ['runtime_info', null],
      ['runtime_info', 'ruby19'],
      ['services', null],
      ['services.0.label', undefined],
      ['services.0.credentials', 'user:password'],
      ['limits', 'none'],
      ['limits.mem', -1],
      ['limits.mem', '256M'],
      ['limits.fds', 0.5],
      ['env', { GREETING: 'Hej' }],
      ['env.0', null],
      ['users', 'admin'],
      ['debug', 7],
      ['health_check', { type: 'ping' }],
      ['sidecars', [{ name: 'cache' }]],
      ['cron', '* * * * * true'],
      ['cron_waits', 'yes'],
      ['health_check', { type: 'port', timeout: 0 }],
      ['layer', 'layer.tar'],
      ['layer', { sha256: 'abc', uri: 'http://127.0.0.1:9022/layer' }],
      ['layer', { sha256: 'a'.repeat(64) }],
      ['standby', 'yes'],
    ],
  },
  'dea.advertise': {
    message: [
      ['id', undefined],
      ['available_memory', '1G'],
      ['runtimes', 'ruby19'],
      ['prod', 'no'],
    ],
  },
  'dea.discover': {
    message: [
      ['droplet', undefined],
      ['droplet', ''],
      ['runtime_info', undefined],
      ['runtime_info', 'ruby19'],
      ['runtime_info.additional_checks', 19],
      ['runtime_info.debug_env', { run: 'A=b' }],
      ['runtime_info.version_output', 19],
      ['limits', undefined],
      ['limits.mem', null],
      ['limits.mem', -256],
      ['name', 7],
      ['deas', -1],
    ],
    reply: hello,
  },
  'dea.find.droplet': {
    message: [
      ['droplet', undefined],
      ['version', 1],
      ['states', 'RUNNING'],
      ['indices', [-1]],
      ['instances', [7]],
      ['instance_ids', 'all'],
      ['include_stats', 'yes'],
    ],
    reply: [
      ['dea', undefined],
      ...instance,
      ['state', 'ASLEEP'],
      ['state_timestamp', '2026-11-21'],
      ['state_timestamp', -1],
      ...stats.map(([path, value]): Change => [`stats.${path}`, value]),
    ],
  },
  'dea.heartbeat': {
    message: [
      ['dea', undefined],
      ['prod', 'no'],
      ['droplets', undefined],
      ['droplets', {}],
      ...instance.map(([path, value]): Change => [`droplets.0.${path}`, value]),
      ['droplets.0.state', 'running'],
      ['droplets.0.state_timestamp', null],
    ],
  },
  'dea.start': { message: hello },
  'dea.status': {
    reply: [...hello, ['max_memory', undefined], ['used_memory', '61M'], ['num_clients', null], ['state', 7]],
  },
  'dea.stop': {
    message: [
      ['droplet', undefined],
      ['droplet', ''],
      ['indices', 1],
      ['instances', { 0: 'a' }],
      ['states', [1]],
    ],
  },
  'dea.update': {
    message: [
      ['droplet', null],
      ['uris', 'new.localhost'],
      ['uris.0', ''],
    ],
  },
  'droplet.exited': {
    message: [
      ...instance,
      ['reason', 'TIRED'],
      ['reason', undefined],
      ['crash_timestamp', 'now'],
      ['exit_status', '1'],
      ['exit_description', 1],
    ],
  },
  'droplet.status': { reply: stats },
  'localpaas.dea.sync': {
    message: [
      ['droplet', undefined],
      ['version', 1],
      ['layer', undefined],
      ['layer.sha256', undefined],
      ['layer.sha256', 'abc'],
      ['layer.uri', null],
      ['layer.file', 7],
    ],
    reply: [
      ['dea', undefined],
      ['instance', null],
      ['index', -1],
      ['files', 0.5],
      ['error', 7],
    ],
  },
};
