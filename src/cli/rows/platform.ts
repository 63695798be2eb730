import { argument, command, count, flag, json, text } from '../command.ts';
import { serviceCommand } from './service.ts';
import { upOptions } from './up-options.ts';

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
      ['localpaas up --idle-stop 10m', 'apps that nobody asks for take no memory; the next request starts them'],
    ],
    notes: 'A socket that listens already, as systemd hands it over, takes the place of --port and --listen.',
    takes: {
      ...upOptions,
      home,
      demo: flag('--demo', 'push a sample app'),
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
  serviceCommand,
  command({
    name: 'status',
    summary: 'show how the platform is doing',
    examples: [['localpaas status', 'where it answers, what it uses']],
    notes: 'Exits with 3 when no platform runs.',
    takes: { json },
    load: () => import('#cli/commands/status.ts'),
  }),
  command({
    name: 'runtimes',
    summary: 'show which versions of Ruby, Node, Python, PHP, Java and Go apps can have',
    examples: [
      ['localpaas runtimes', 'those of the PATH, of nvm, pyenv and the like, and of localpaas itself'],
      ['localpaas runtimes --json | jq -r ".deas[].runtimes[].path"', 'only the programs'],
    ],
    notes: [
      'An app gets the default, unless one of its files asks for other versions: package.json (engines), .nvmrc, Gemfile,',
      '.ruby-version, .python-version, pyproject.toml, composer.json, system.properties, .tool-versions and others.',
      '`LOCALPAAS_RUNTIMES=/opt/node22/bin localpaas up` names directories that go before the PATH.',
    ].join('\n'),
    takes: { json },
    load: () => import('#cli/commands/runtimes.ts'),
  }),
  command({
    name: 'upgrade',
    summary: 'replace this executable by another version; the apps go on',
    examples: [
      ['localpaas upgrade --from ./localpaas-linux-arm64', 'a version you fetched; no request is lost'],
      ['localpaas upgrade --rollback', 'back to the version before'],
      ['localpaas upgrade --from ./localpaas-linux-x64 --force', 'also when it is older, or the same'],
      ['sudo localpaas upgrade --from ./localpaas-linux-x64', 'where only root may write'],
      ['localpaas upgrade --restart', 'after a package or a build has replaced the program'],
    ],
    notes: [
      'The file is checked in full before anything changes. The running platform of the home becomes the new version:',
      'its port stays open, requests end in peace, apps keep their processes. When the new version does not come up,',
      'everything is as before.',
    ].join('\n'),
    takes: {
      from: text('--from <file>', 'the executable of the other version', 'files'),
      rollback: flag('--rollback', 'take what was there before the last upgrade'),
      restart: flag('--restart', 'only have the platform start again, as what is installed now'),
      force: flag('-f, --force', 'install an older version too, and the same one again'),
      home,
      json,
    },
    load: () => import('#cli/commands/upgrade.ts'),
  }),
  command({
    name: 'backup',
    summary: 'write everything the platform needs into one file',
    examples: [
      ['localpaas backup localpaas.tar.gz', 'apps, settings, routes and bits; the platform may run meanwhile'],
      ['localpaas backup localpaas.tar.gz --force', 'in place of an older one'],
      ['localpaas backup - | ssh nas "cat > localpaas.tar.gz"', 'to another machine, without a copy here'],
      ['localpaas backup shop.tar.gz --apps shop,shop-db', 'only these apps'],
    ],
    notes: [
      'The file holds the values of variables and the password of the platform: only you can read it, keep it so.',
      'Logs, events and files that apps wrote themselves are not in it.',
    ].join('\n'),
    takes: {
      file: argument('<file>', 'the file to write; `-` is standard output', 'files'),
      force: flag('-f, --force', 'replace the file if there is one'),
      apps: text('--apps <names>', 'only these apps, with commas between their names'),
      skipDamaged: flag('--skip-damaged', 'leave out what the disk has damaged, instead of stopping there'),
      json,
    },
    load: () => import('#cli/commands/backup.ts'),
  }),
  command({
    name: 'restore',
    summary: 'put a backup into a home',
    examples: [
      ['localpaas restore localpaas.tar.gz', 'into an empty home; then `localpaas up`'],
      ['localpaas restore localpaas.tar.gz --replace', 'in place of what is there, which is set aside'],
      ['localpaas restore localpaas.tar.gz --check', 'read every byte, change nothing'],
      ['localpaas restore localpaas.tar.gz --domain pi.lan', 'routes as before, but below pi.lan'],
    ],
    notes:
      'The platform of the home must not run: `localpaas down` stops it. Nothing changes unless the whole file is good.',
    takes: {
      file: argument('<file>', 'what `localpaas backup` wrote', 'files'),
      replace: flag('--replace', 'set the present state aside and take the one of the file'),
      check: flag('--check', 'only check the file'),
      domain: text('--domain <domain>', 'have the routes below this domain'),
      json,
    },
    load: () => import('#cli/commands/restore.ts'),
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
