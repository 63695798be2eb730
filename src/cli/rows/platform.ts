import { command, count, flag, json, text } from '../command.ts';

const home = text(
  '--home <directory>',
  'where it keeps its things; else $LOCALPAAS_HOME, else ~/.localpaas',
  'folders',
);

export const platformCommands = [
  command({
    name: 'up',
    summary: 'start the platform and stay until Ctrl-C',
    examples: [
      ['localpaas up', 'the API and all apps on port 8080'],
      ['localpaas up --port 9000 --bus-port 4333', 'beside another one; give it another home too'],
      ['localpaas up --demo', 'with a sample app to look at'],
      ['localpaas up --listen 0.0.0.0', 'reachable from other machines'],
    ],
    takes: {
      port: count('-p, --port <port>', 'port of the router, for apps and API; 0 takes any free one (default 8080)'),
      busPort: count('--bus-port <port>', 'port of the message bus; 0 takes any free one (default 4222)'),
      listen: text('--listen <address>', 'address of the router (default 127.0.0.1)'),
      domain: text('--domain <domain>', 'apps are <name>.<domain> (default localhost)'),
      home,
      openBus: flag('--open-bus', 'let everybody on this machine use the message bus'),
      demo: flag('--demo', 'push a sample app'),
      verbose: flag('--verbose', 'print everything the components log'),
      json,
    },
    load: () => import('#cli/commands/up.ts'),
  }),
  command({
    name: 'down',
    summary: 'stop the platform and its apps',
    examples: [
      ['localpaas down', 'the next `up` starts the apps again'],
      ['localpaas down --keep-apps', 'for an upgrade: the apps go on and the next `up` finds them'],
    ],
    takes: { home, keepApps: flag('--keep-apps', 'leave the apps running'), json },
    load: () => import('#cli/commands/down.ts'),
  }),
  command({
    name: 'status',
    summary: 'show how the platform is doing',
    examples: [['localpaas status', 'where it answers, what it uses']],
    notes: 'Exits with 3 when no platform runs.',
    takes: { json },
    load: () => import('#cli/commands/status.ts'),
  }),
  command({
    name: 'doctor',
    summary: 'check whether this machine has what localpaas and its apps need',
    examples: [
      ['localpaas doctor', 'each finding with what to do about it'],
      ['localpaas doctor --json | jq ".checks[] | select(.result != \\"ok\\")"', 'only what is wrong'],
    ],
    notes: 'Exits with 4 when something is missing without which `up` cannot run.',
    takes: { port: count('-p, --port <port>', 'the port `up` is to use (default 8080)'), json },
    load: () => import('#cli/commands/doctor.ts'),
  }),
];
