import { argument, choice, command, count, flag, json, list, megabytes, text } from '../command.ts';
import { map } from './lifecycle.ts';
import { strategy } from './strategy.ts';

const app = argument('<name>', 'the app', 'apps');
const wait = flag('--no-wait', 'do not wait until the instances run');

/** What is pushed, and how it is to run. */
const pushed = {
  target: text(
    '[path]',
    'folder of the app, or a .zip, .jar or .war (default: this folder); or the name of an app of the manifest',
    'folders',
  ),
  name: text('-n, --name <name>', 'name of the app'),
  path: text('-p, --path <path>', 'the folder or archive; what stands alone is the name then', 'files'),
  memory: megabytes('-m, --memory <size>', 'memory of each instance: 256M, 1G'),
  disk: megabytes('-k, --disk <size>', 'disk of each instance'),
  instances: count('-i, --instances <number>', 'how many instances'),
  command: text('-c, --command <command>', 'what starts the app; `null` returns to what its kind starts with'),
  env: list('-e, --env <KEY=VALUE>', 'an environment variable; may be given again'),
  buildpack: list('-b, --buildpack <name>', 'what stages the app; may be given again, `default` detects it'),
  stack: text('-s, --stack <name>', 'what the app is staged and run on'),
  healthCheckType: choice('-u, --health-check-type <type>', 'what tells that an instance is well', [
    'port',
    'http',
    'process',
  ]),
  endpoint: text('--endpoint <path>', 'what a health check of the type http asks for'),
  timeout: count('-t, --timeout <seconds>', 'how long an instance may take to be well', 1),
  route: flag('--no-route', 'reachable by nobody'),
  randomRoute: flag('--random-route', 'a host name nobody else has'),
  manifest: text('-f, --manifest <file>', 'a manifest elsewhere; `none` reads none', 'files'),
  noManifest: flag('--no-manifest', 'read neither manifest.yml nor stackato.yml'),
  varsFile: list('--vars-file <file>', 'values for ((variables)) of the manifest; may be given again'),
  var: list('--var <KEY=VALUE>', 'one such value, which counts more; may be given again'),
};

const push = command({
  name: 'push',
  summary: 'upload, stage and start an app',
  examples: [
    ['localpaas push', 'the app in this folder, named like the folder'],
    ['localpaas push shop --name shop-test -m 256M -i 2', 'two instances with 256 MB each, under another name'],
    ['localpaas push app.jar --env PROFILE=test --env DEBUG=1', 'an archive, with two variables'],
    ['localpaas push worker --no-route --health-check-type process', 'an app without a port'],
    ['localpaas push -f test.yml --vars-file test-vars.yml --var tag=7', 'all apps of a manifest, with its variables'],
  ],
  notes: [
    'What the flags do not say, manifest.yml or stackato.yml in the folder may say; docs/manifest.md lists it all.',
    'A manifest with several apps pushes them all, or the one that is named. Files named in .cfignore stay at home.',
    'The version that runs serves until the new one does; one that cannot be staged or started leaves it in place.',
  ].join('\n'),
  takes: {
    ...pushed,
    start: flag('--no-start', 'upload only'),
    strategy,
    wait,
    watch: flag('-w, --watch', 'stay and push again whenever a file changes, as `localpaas watch` does'),
    json,
  },
  load: () => import('#cli/commands/push.ts'),
});

const watch = command({
  name: 'watch',
  summary: 'push an app, and again whenever its files change',
  examples: [
    ['localpaas watch', 'the app in this folder: save a file, and the new version answers'],
    ['localpaas watch shop -v', 'with what takes how long'],
    ['localpaas watch ~/shop --no-logs --json | jq .event', 'for a program'],
  ],
  notes: [
    'Takes what `push` takes, and pushes first. A version that cannot be staged or started leaves the one before it in',
    'place, and the next change is tried. Ctrl-C ends the watch; the app goes on running. docs/watch.md says more.',
  ].join('\n'),
  takes: {
    ...pushed,
    strategy,
    reload: flag('--reload', 'have pages in browsers reload themselves when another version serves'),
    sync: flag('--sync', 'put changed files into the instances that run, for apps that look at them again'),
    poll: flag('--poll', 'look again and again instead of waiting for the system to report changes'),
    delay: count('--delay <ms>', 'how long no file must change before it is pushed (default: 15)'),
    logs: flag('--no-logs', 'do not show what the app prints'),
    verbose: flag('-v, --verbose', 'show how long each step takes, and what the platform says about the app'),
    takeOver: flag('--take-over', 'end another watch of this app'),
    json,
  },
  load: () => import('#cli/commands/watch.ts'),
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
  examples: [
    ['localpaas restart hello', 'new instances take over from the old ones when they are well'],
    ['localpaas restart hello --strategy in-place', 'the old ones are stopped first, and requests wait'],
  ],
  takes: { name: app, strategy, wait, json },
  load: () => import('#cli/commands/restart.ts'),
});

const restage = command({
  name: 'restage',
  summary: 'stage the last upload of an app again and start it; or replay a staging that Diego recorded',
  examples: [
    ['localpaas restage hello', 'after a new runtime was installed, for one'],
    ['localpaas restage stager.stdout.log', 'the last staging request in this log, with our own builder'],
    ['localpaas restage task.json --map https://blobs/ruby.zip=ruby.zip --no-upload', 'with a file for an old address'],
  ],
  notes: [
    'An argument that is `-`, holds a `/` or ends in .json or .log is a recording: a log, one line of it, a definition or',
    'an action. Its droplet is kept for `localpaas launch`.',
  ].join('\n'),
  takes: {
    name: argument('<app>', 'the app; or a file with a recorded request, `-` for standard input', 'apps'),
    app: flag('--app', 'the argument is an app, whatever files there are'),
    map,
    upload: flag('--no-upload', 'upload nothing that the recording uploads'),
    strategy,
    wait,
    json,
  },
  load: () => import('#cli/commands/restage.ts'),
});

const revisions = command({
  name: 'revisions',
  summary: 'show what was run of an app before',
  examples: [['localpaas revisions hello', 'each start with something new, newest first']],
  takes: { name: app, json },
  load: () => import('#cli/commands/revisions.ts'),
});

const rollback = command({
  name: 'rollback',
  summary: 'run an earlier version of an app again',
  examples: [
    ['localpaas rollback hello', 'the one before the one that runs'],
    ['localpaas rollback --to 3', 'revision 3 of the app in this folder'],
  ],
  notes: 'Its droplet, environment variables, commands and sizes come back. Five droplets of each app are kept.',
  takes: {
    name: text('[name]', 'the app (default: the one in this folder)', 'apps'),
    to: count('--to <number>', 'the number of a revision', 1),
    wait,
    json,
  },
  load: () => import('#cli/commands/rollback.ts'),
});

const scale = command({
  name: 'scale',
  summary: 'change how many instances an app has and how large they are',
  examples: [
    ['localpaas scale hello -i 3', 'three instances, without a restart'],
    ['localpaas scale hello -m 512M', 'more memory, with a restart'],
    ['localpaas scale hello -p worker -i 2', 'two of the process that its Procfile calls worker'],
    ['localpaas scale hello', 'show what it has'],
  ],
  takes: {
    name: app,
    process: text('-p, --process <type>', 'which process (default: web)'),
    instances: count('-i, --instances <number>', 'how many instances'),
    memory: megabytes('-m, --memory <size>', 'memory of each: 256M, 1G; restarts the app'),
    disk: megabytes('-k, --disk <size>', 'disk of each; restarts the app'),
    strategy,
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

export const appCommands = [push, watch, apps, oneApp, logs, events];
export const stateCommands = [start, stop, restart, restage, revisions, rollback, scale, rename, remove];
