import { type Change, type Malformed, malformedOfDea } from './malformed-dea.ts';

const route: readonly Change[] = [
  ['host', undefined],
  ['host', ''],
  ['port', 0],
  ['port', 65_536],
  ['port', 80.5],
  ['port', '8080'],
  ['uris', undefined],
  ['uris', 'hello.localhost'],
  ['uris.0', ''],
  ['uris.0', null],
  ['app', ''],
  ['app', {}],
  ['private_instance_id', 7],
];

const announcement: readonly Change[] = [
  ['type', undefined],
  ['uuid', null],
  ['host', 7],
  ['index', '0'],
  ['credentials', 'user:password'],
  ['start', 1_795_248_909],
];

const hmRequest: readonly Change[] = [
  ['op', undefined],
  ['op', 'RESTART'],
  ['droplet', undefined],
  ['version', null],
  ['indices', 1],
  ['indices.0', -1],
  ['flapping', 'no'],
];

/** By subject: changes of the first example, each of which has it refused, with the place in the reason. */
export const malformed: Readonly<Record<string, Malformed>> = {
  ...malformedOfDea,
  'cloudcontroller.bulk.credentials.default': {
    reply: [
      ['user', undefined],
      ['password', null],
      ['url', 7],
    ],
  },
  'cloudcontrollers.hm.requests': { message: hmRequest },
  'cloudcontrollers.hm.requests.*': { message: hmRequest },
  'router.active_apps': {
    message: [
      ['0', null],
      ['0', ''],
      ['1', ['42']],
    ],
  },
  'droplet.updated': {
    message: [
      ['droplet', undefined],
      ['droplet', ''],
      ['cc_partition', 7],
    ],
  },
  'health.start': {
    message: [
      ['droplet', null],
      ['version', undefined],
      ['indices', undefined],
      ['indices', 1],
      ['indices.0', -1],
      ['running', { '1-1': 'one' }],
      ['last_updated', {}],
      ['flapping', 'no'],
    ],
  },
  'health.stop': {
    message: [
      ['droplet', undefined],
      ['instances', undefined],
      ['instances', 'old1'],
      ['instances.old1', null],
      ['running', 'none'],
    ],
  },
  'healthmanager.droplet': {
    message: [
      ['droplets', undefined],
      ['droplets', {}],
      ['droplets.0', 50],
      ['droplets.0.droplet', null],
    ],
    reply: [
      ['id', undefined],
      ['num_instances', '2'],
      ['versions', 'none'],
      ['versions.1-1.instances', undefined],
      ['crashes', undefined],
      ['extra_instances', null],
      ['live_version', 7],
    ],
  },
  'healthmanager.health': {
    message: [
      ['droplets', undefined],
      ['droplets', {}],
      ['droplets.0', '50'],
      ['droplets.0.droplet', undefined],
    ],
    reply: [
      ['droplet', null],
      ['healthy', -1],
      ['healthy', undefined],
    ],
  },
  'healthmanager.status': {
    message: [
      ['droplet', undefined],
      ['state', 'RUNNING'],
      ['state', undefined],
      ['version', 1],
    ],
    reply: [
      ['indices', {}],
      ['indices.0.index', -1],
      ['indices.0.since', undefined],
      ['instances', [{ instance: 7, since: 1 }]],
    ],
  },
  'localpaas.app.state': {
    message: [
      ['app', undefined],
      ['name', null],
      ['uris', undefined],
      ['uris.0', ''],
      ['state', 'ASLEEP'],
      ['reason', 1],
      ['idle_stop_seconds', -1],
      ['live_reload', 'true'],
      ['version', 'a"b'],
      ['trouble', 'broken'],
    ],
  },
  'localpaas.logs.*': {
    message: [
      ['source_id', undefined],
      ['instance_id', 0],
      ['source_type', null],
      ['lines', []],
      ['lines', undefined],
      ['lines.0.text', undefined],
      ['lines.0.stream', 'LOUD'],
      ['lines.0.timestamp', 1_795_248_909],
      ['lines.0.timestamp', '-1'],
      ['lines.0.timestamp', '12345678901234567890'],
    ],
  },
  'localpaas.recent-logs': {
    message: [
      ['source_id', 7],
      ['limit', -1],
      ['limit', undefined],
      ['limit', 1.5],
    ],
    reply: [
      ['lines', undefined],
      ['lines.0.text', null],
      ['lines.0.source_type', undefined],
      ['lines.0.instance_id', 0],
    ],
  },
  'localpaas.router.endpoints': {
    message: [
      ['uris', undefined],
      ['uris', []],
      ['uris.0', ''],
      ['version', 7],
      ['private_instance_id', {}],
    ],
    reply: [
      ['router', undefined],
      ['routed', -1],
      ['active', 1.5],
      ['active', undefined],
    ],
  },
  'localpaas.runtimes': {
    message: [
      ['family', 'cobol'],
      ['family', 7],
    ],
    reply: [
      ['dea', undefined],
      ['runtimes', undefined],
      ['runtimes.0.family', 'cobol'],
      ['runtimes.0.version', 20],
      ['runtimes.0.path', undefined],
      ['runtimes.0.is_default', 'yes'],
    ],
  },
  'localpaas.app.use': {
    message: [['app', null]],
    reply: [['in_use', 'yes']],
  },
  'localpaas.app.wake': { message: [['app', undefined]] },
  'localpaas.token.check': {
    message: [
      ['token', undefined],
      ['token', null],
    ],
    reply: [
      ['valid', 'yes'],
      ['user', 7],
      ['expires_at', 'soon'],
    ],
  },
  'router.greet': {
    reply: [
      ['id', undefined],
      ['hosts', '127.0.0.1'],
      ['pruneThresholdInSeconds', '120'],
    ],
  },
  'router.register': { message: [...route, ['tags', 'ruby'], ['tags.framework', 7], ['port', null]] },
  'router.start': {
    message: [
      ['id', undefined],
      ['version', null],
      ['hosts', [7]],
      ['minimumRegisterIntervalInSeconds', '20'],
    ],
  },
  'router.unregister': { message: route },
  staging: {
    message: [
      ['download_uri', undefined],
      ['download_uri', ''],
      ['upload_uri', null],
      ['log_id', 7],
      ['properties', undefined],
      ['properties', 'none'],
      ['properties.services', undefined],
      ['properties.services', [null]],
      ['properties.framework_info', 'sinatra'],
      ['properties.framework_info.name', 7],
      ['properties.runtime_info', undefined],
      ['properties.runtime_info.executable', 7],
      ['properties.resources', undefined],
      ['properties.resources.memory', '256'],
      ['properties.resources.disk', '2G'],
      ['properties.resources.fds', 0.5],
      ['properties.environment', { GREETING: 'Hej' }],
      ['properties.meta', 'node app.js'],
      ['properties.meta', { command: 7 }],
    ],
    reply: [
      ['task_id', undefined],
      ['task_log', null],
      ['error', { message: 'no' }],
      ['start_command', ['node']],
    ],
  },
  'vcap.component.announce': { message: announcement },
  'vcap.component.discover': { reply: [...announcement, ['uptime', 39]] },
};
