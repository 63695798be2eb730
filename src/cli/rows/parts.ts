import { command, count, flag, text } from '../command.ts';
import { isolationOptions } from './isolation-options.ts';
import { upOptions } from './up-options.ts';

const config = (name: string) =>
  text('-c, --config <file>', `the original's ${name}; else the one in $CLOUD_FOUNDRY_CONFIG_PATH`, 'files');

const bus = {
  join: text('--join <address>', 'the message bus, whatever the file says: nats://user:password@host:port'),
  wait: count('--wait <seconds>', 'how long to wait for the message bus (default 0)'),
};

const exits =
  'Exits with 0 when it was asked to stop, with 1 when its configuration or the bus keeps it from starting.';

/** The parts of the platform, one by one, each in a process of its own. */
export const partCommands = [
  command({
    name: 'nats',
    summary: 'run a message bus alone, open to everybody on this machine',
    examples: [
      ['localpaas nats', 'on port 4222, where clients look first'],
      ['localpaas nats --port 4333 --store /tmp/bus', 'beside another one'],
    ],
    takes: {
      port: count('-p, --port <port>', 'its port; 0 takes any free one (default 4222)'),
      store: text('--store <directory>', 'where it keeps what it stores; else a directory of the home', 'folders'),
    },
    load: () => import('#cli/commands/nats.ts'),
  }),
  command({
    name: 'stager',
    summary: 'run a stager alone, on a message bus that is there',
    examples: [
      ['localpaas stager', 'on nats://localhost:4222'],
      ['localpaas stager -c stager.yml', 'as the stager of 2012 is configured'],
    ],
    notes: `${exits}\nA stop waits until the tasks that were taken are finished.`,
    takes: { config: config('stager.yml'), ...isolationOptions, ...bus },
    load: () => import('#cli/commands/stager.ts'),
  }),
  command({
    name: 'dea',
    summary: 'run a DEA alone, on a message bus that is there',
    examples: [['localpaas dea -c dea.yml', 'as the DEA of 2012 is configured']],
    notes: `${exits}\n\`localpaas procfile --write DIR\` writes a dea.yml to begin with.\nA stop ends its instances. After SIGUSR2 they go on for evacuation_delay, to be replaced elsewhere.`,
    takes: { config: config('dea.yml'), ...bus },
    load: () => import('#cli/commands/dea.ts'),
  }),
  command({
    name: 'router',
    summary: 'run a router alone, on a message bus that is there',
    examples: [
      ['localpaas router', 'on port 8080'],
      ['localpaas router -c router.yml', 'as the router of 2012 is configured'],
      ['localpaas router --router-workers auto', 'with a process on each processor'],
    ],
    notes: exits,
    takes: { config: config('router.yml'), routerWorkers: upOptions.routerWorkers, ...bus },
    load: () => import('#cli/commands/router.ts'),
  }),
  command({
    name: 'health-manager',
    summary: 'run a health manager alone, on a message bus that is there',
    examples: [['localpaas health-manager -c health_manager.yml', 'as the health manager of 2012 is configured']],
    notes: exits,
    takes: { config: config('health_manager.yml'), ...bus },
    load: () => import('#cli/commands/health-manager.ts'),
  }),
  command({
    name: 'cloud-controller',
    summary: 'run a cloud controller alone, on a message bus that is there',
    examples: [
      ['localpaas cloud-controller --join nats://127.0.0.1:4222', 'its API is api.localhost at the router'],
      ['localpaas cloud-controller --domain pi.lan', 'apps are <name>.pi.lan'],
      ['localpaas cloud-controller --router http://127.0.0.1:8081', 'with a router of another kind'],
    ],
    notes: [
      exits,
      'The bus must have JetStream, as that of `localpaas nats` has. Where `up` runs it is in there.',
      'When a router leads to it, it logs in the command line of its home: `localpaas push` and all others work with it then.',
    ].join('\n'),
    takes: {
      domain: text('--domain <domain>', 'apps are <name>.<domain> (default localhost)'),
      router: text('--router <url>', 'where a router answers that does not say so itself'),
      store: text('--store <directory>', 'where it keeps apps; else a directory of the home', 'folders'),
      ...bus,
    },
    load: () => import('#cli/commands/cloud-controller.ts'),
  }),
  command({
    name: 'log-cache',
    summary: 'run the store of logs alone, on a message bus that is there',
    examples: [['localpaas log-cache --join nats://127.0.0.1:4222', 'for `localpaas logs` and `localpaas push`']],
    notes: `${exits}\nWho reads needs a token of the cloud controller.`,
    takes: {
      domain: text('--domain <domain>', 'that of the cloud controller (default localhost)'),
      store: text('--store <directory>', 'where it keeps logs; else a directory of the home', 'folders'),
      ...bus,
    },
    load: () => import('#cli/commands/log-cache.ts'),
  }),
  command({
    name: 'fake-cc',
    summary: 'stand in for a cloud controller: hand out an app, take its droplet',
    examples: [
      ['localpaas fake-cc', 'every app is a small one in Ruby'],
      ['localpaas fake-cc --app shop.zip --droplets ./droplets', 'every app is yours'],
    ],
    notes: [
      'GET /download_unstaged_app/ID, POST /upload_droplet/ID/UPLOAD and GET /staged_droplets/ID/SHA1: all that a stager',
      'and a DEA need. It listens on loopback and asks nobody for a password.',
    ].join('\n'),
    takes: {
      port: count('-p, --port <port>', 'its port; 0 takes any free one (default 9292)'),
      app: text('--app <path>', 'the zip, or the folder, that every app is', 'files'),
      droplets: text('--droplets <directory>', 'where droplets are kept; else a directory of the home', 'folders'),
    },
    load: () => import('#cli/commands/fake-cc.ts'),
  }),
  command({
    name: 'procfile',
    summary: 'print a Procfile that starts the parts as processes of their own',
    examples: [
      ['localpaas procfile', 'to look at'],
      ['localpaas procfile --write parts', 'with configuration files to edit; then `foreman start -d parts`'],
      ['localpaas procfile --fake-cc', 'for scripts of your own in place of a cloud controller'],
    ],
    takes: {
      write: text('--write <directory>', 'write it there, with stager.yml, dea.yml and router.yml', 'folders'),
      busPort: count('--bus-port <port>', 'port of the message bus (default 4222)'),
      port: count('-p, --port <port>', 'port of the router (default 8080)'),
      fakeCc: flag('--fake-cc', 'with a stand-in for a cloud controller in place of it'),
      ccPort: count('--cc-port <port>', 'port of the stand-in (default 9292)'),
    },
    load: () => import('#cli/commands/procfile.ts'),
  }),
];
