import { command, count, json, list, text, words } from '../command.ts';

/** Of the commands that replay what Diego recorded. */
export const map = list(
  '--map <URL=FILE>',
  'a file or folder instead of what a recording fetches there; may be given again',
);

const builder = command({
  name: 'builder',
  summary: 'make a droplet by buildpacks, as the builder of Diego does',
  examples: [
    ['localpaas builder -buildDir=./app -buildpackOrder=https://example.com/pack.git -skipDetect', 'one buildpack'],
    [
      'localpaas builder -buildpackOrder=node,ruby -outputDroplet=./droplet',
      'the first that takes the app in /tmp/app',
    ],
    ['localpaas builder -buildpackOrder=node -strict-diego', 'to the letter, for comparing'],
  ],
  notes: [
    'Buildpacks are keys, which name directories in -buildpacksDir, or addresses of zips and git repositories, with a',
    'branch, tag or commit behind #. Exits with 222 when none takes the app, 223 when compiling fails, 224 for a bad',
    'release, 225 when one that should supply cannot. `localpaas builder -h` lists all flags.',
  ].join('\n'),
  takes: { words: words('[flags...]', 'the flags of the original') },
  readsItself: true,
  load: () => import('#cli/commands/builder.ts'),
});

const launcher = command({
  name: 'launcher',
  summary: 'start what is in a droplet, as the launcher of Diego does',
  examples: [
    ["localpaas launcher app '' ''", 'in the directory of a droplet: what its staging_info.yml says'],
    ["localpaas launcher app 'node server.js' ''", 'another start command'],
  ],
  notes: [
    'Exits as the app does; with 1 when there is nothing to start, with 2 when a flag behind the metadata is unknown.',
    'Signals reach the app.',
  ].join('\n'),
  takes: { words: words('[arguments...]', '<app-directory> <start-command> <metadata> [flags]') },
  readsItself: true,
  load: () => import('#cli/commands/launcher.ts'),
});

const shell = command({
  name: 'shell',
  summary: 'open a shell in a droplet, as the shell of Diego does',
  examples: [
    ['localpaas shell ./app', 'with the environment the app would have'],
    ["localpaas shell ./app 'env | sort'", 'one command instead'],
  ],
  notes: 'What lies in profile.d/ and .profile.d/ is read, .profile is not.',
  takes: { words: words('[arguments...]', '[app-directory] [command] [flags]; the directory is $HOME/app otherwise') },
  readsItself: true,
  load: () => import('#cli/commands/shell.ts'),
});

const healthcheck = command({
  name: 'healthcheck',
  summary: 'ask an app whether it is well, as the healthcheck of Diego does',
  examples: [
    ['localpaas healthcheck -port=8080', 'whether somebody listens'],
    ['localpaas healthcheck -port=8080 -uri=/health', 'whether this page answers with 200'],
    ['localpaas healthcheck -port=8080 -startup-interval=500ms -startup-timeout=1m', 'wait until it is up'],
  ],
  notes: [
    'Exits with 0 when it is well; 4 or 64: refused or timed out; 5, 65 or 6: the same over HTTP, or another status.',
    'It asks at the first address of this machine that is not loopback, and where there is none at 127.0.0.1; with',
    '-strict-diego there it fails with 3. `localpaas healthcheck -h` lists all flags.',
  ].join('\n'),
  takes: { words: words('[flags...]', 'the flags of the original') },
  readsItself: true,
  load: () => import('#cli/commands/healthcheck.ts'),
});

const launch = command({
  name: 'launch',
  summary: 'start an app as Diego recorded it',
  examples: [
    ['localpaas launch nsync_listener.stdout.log', 'the last launch request in this log, until Ctrl-C'],
    ['localpaas launch lrp.json -p 9000 --env DEBUG=1', 'on another port, with one more variable'],
    ['grep my-app nsync.log | localpaas launch -', 'from standard input'],
  ],
  notes: [
    'It runs the droplet that `localpaas restage` made of the same app, or else the one the recording names, and asks as',
    'often as recorded whether it is well. The app is reachable at 127.0.0.1. Exits as the app does.',
  ].join('\n'),
  takes: {
    recording: text('[recording]', 'a log, a line of it, or a definition; `-` (or nothing) is standard input', 'files'),
    env: list('-e, --env <KEY=VALUE>', 'an environment variable; may be given again'),
    port: count('-p, --port <port>', 'instead of the recorded port; 0 takes any free one'),
    map,
    json,
  },
  load: () => import('#cli/commands/launch.ts'),
});

/** What Diego puts into a container beside the app, each under its own name and with its own flags. */
export const lifecycleCommands = [builder, launcher, shell, healthcheck, launch];
