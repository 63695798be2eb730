import { argument, choice, command, count, flag, json, list, megabytes, text } from '../command.ts';

const app = argument('<name>', 'the app', 'apps');
const wait = flag('--no-wait', 'do not wait until the instances run');

const push = command({
  name: 'push',
  summary: 'upload, stage and start an app',
  examples: [
    ['localpaas push', 'the app in this folder, named like the folder'],
    ['localpaas push shop --name shop-test -m 256M -i 2', 'two instances with 256 MB each, under another name'],
    ['localpaas push app.jar --env PROFILE=test --env DEBUG=1', 'an archive, with two variables'],
    ['localpaas push worker --no-route --health-check-type process', 'an app without a port'],
  ],
  notes: [
    'What the flags do not say, manifest.yml in the folder may say: name, memory, disk_quota, instances, command, env,',
    'routes, no-route, random-route, health-check-type, timeout. Files named in .cfignore stay at home.',
    'A version that cannot be staged leaves the one before it in place.',
  ].join('\n'),
  takes: {
    path: text('[path]', 'folder of the app, or a .zip, .jar or .war (default: this folder)', 'folders'),
    name: text('-n, --name <name>', 'name of the app'),
    memory: megabytes('-m, --memory <size>', 'memory of each instance: 256M, 1G'),
    disk: megabytes('-k, --disk <size>', 'disk of each instance'),
    instances: count('-i, --instances <number>', 'how many instances'),
    command: text('-c, --command <command>', 'what starts the app; `null` returns to what its kind starts with'),
    env: list('-e, --env <KEY=VALUE>', 'an environment variable; may be given again'),
    healthCheckType: choice('-u, --health-check-type <type>', 'what tells that an instance is well', [
      'port',
      'http',
      'process',
    ]),
    timeout: count('-t, --timeout <seconds>', 'how long an instance may take to be well', 1),
    route: flag('--no-route', 'reachable by nobody'),
    randomRoute: flag('--random-route', 'a host name nobody else has'),
    start: flag('--no-start', 'upload only'),
    wait,
    manifest: text('-f, --manifest <file>', 'a manifest elsewhere; `none` reads none', 'files'),
    json,
  },
  load: () => import('#cli/commands/push.ts'),
});

const apps = command({
  name: 'apps',
  summary: 'list all apps',
  examples: [
    ['localpaas apps', 'what runs, how much of it, and where'],
    ['localpaas apps --json | jq -r ".[].name"', 'the names, for a script'],
  ],
  takes: { names: flag('--names', 'names only, one on a line'), json },
  load: () => import('#cli/commands/apps.ts'),
});

const oneApp = command({
  name: 'app',
  summary: 'show one app and its instances',
  examples: [['localpaas app hello', 'state, addresses, and what each instance uses']],
  takes: { name: app, json },
  load: () => import('#cli/commands/app.ts'),
});

const logs = command({
  name: 'logs',
  summary: 'show what an app prints',
  examples: [
    ['localpaas logs hello', 'as it comes, until Ctrl-C'],
    ['localpaas logs hello --recent', 'what was kept, and done'],
    ['localpaas logs hello --recent --json | jq -r .text', 'one JSON object on a line'],
  ],
  takes: {
    name: app,
    recent: flag('--recent', 'print the newest 1000 lines and end'),
    follow: flag('-f, --follow', 'print the newest lines first, then those that come'),
    json,
  },
  load: () => import('#cli/commands/logs.ts'),
});

const events = command({
  name: 'events',
  summary: 'show what happened to an app',
  examples: [['localpaas events hello', 'pushes, starts, crashes and changes, newest first']],
  takes: { name: app, json },
  load: () => import('#cli/commands/events.ts'),
});

const start = command({
  name: 'start',
  summary: 'start an app and wait until it runs',
  examples: [['localpaas start hello', 'all its instances']],
  takes: { name: app, wait, json },
  load: () => import('#cli/commands/start.ts'),
});

const stop = command({
  name: 'stop',
  summary: 'stop an app; its files and settings stay',
  examples: [['localpaas stop hello', 'until `localpaas start hello`']],
  takes: { name: app, wait, json },
  load: () => import('#cli/commands/stop.ts'),
});

const restart = command({
  name: 'restart',
  summary: 'start an app anew, with the settings of now',
  examples: [['localpaas restart hello', 'after `set-env`, for one']],
  takes: { name: app, wait, json },
  load: () => import('#cli/commands/restart.ts'),
});

const restage = command({
  name: 'restage',
  summary: 'stage the last upload of an app again and start it',
  examples: [['localpaas restage hello', 'after a new runtime was installed, for one']],
  takes: { name: app, wait, json },
  load: () => import('#cli/commands/restage.ts'),
});

const scale = command({
  name: 'scale',
  summary: 'change how many instances an app has and how large they are',
  examples: [
    ['localpaas scale hello -i 3', 'three instances, without a restart'],
    ['localpaas scale hello -m 512M', 'more memory, with a restart'],
    ['localpaas scale hello', 'show what it has'],
  ],
  takes: {
    name: app,
    instances: count('-i, --instances <number>', 'how many instances'),
    memory: megabytes('-m, --memory <size>', 'memory of each: 256M, 1G; restarts the app'),
    disk: megabytes('-k, --disk <size>', 'disk of each; restarts the app'),
    wait,
    json,
  },
  load: () => import('#cli/commands/scale.ts'),
});

const rename = command({
  name: 'rename',
  summary: 'give an app another name; its routes stay',
  examples: [['localpaas rename hello greeter', 'hello.localhost still leads to it']],
  takes: { name: app, newName: argument('<new-name>', 'the name it gets'), json },
  load: () => import('#cli/commands/rename.ts'),
});

const remove = command({
  name: 'delete',
  summary: 'delete an app with all its files',
  examples: [
    ['localpaas delete hello', 'after asking'],
    ['localpaas delete hello -f -r', 'without asking, and with the routes only it had'],
  ],
  takes: {
    name: app,
    force: flag('-f, --force', 'do not ask'),
    routes: flag('-r, --routes', 'delete the routes that lead nowhere then'),
    json,
  },
  load: () => import('#cli/commands/delete.ts'),
});

export const appCommands = [push, apps, oneApp, logs, events];
export const stateCommands = [start, stop, restart, restage, scale, rename, remove];
