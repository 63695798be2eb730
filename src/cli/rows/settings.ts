import { argument, command, flag, json, text } from '../command.ts';
import { strategy } from './strategy.ts';

const app = argument('<name>', 'the app', 'apps');
const restart = flag('--no-restart', 'leave what runs as it is; in force after the next restart');
const wait = flag('--no-wait', 'do not wait until the instances run');

export const settingCommands = [
  command({
    name: 'env',
    summary: "show an app's environment variables",
    examples: [
      ['localpaas env hello', 'those you set, and those the platform sets'],
      ['localpaas env hello --json | jq .environment_variables', 'only yours, byte for byte'],
    ],
    takes: { name: app, json },
    load: () => import('#cli/commands/env.ts'),
  }),
  command({
    name: 'set-env',
    summary: 'set an environment variable of an app',
    examples: [
      [
        'localpaas set-env hello GREETING "Good day"',
        'what runs is restarted with it; the old instances serve until then',
      ],
      ['localpaas set-env hello GREETING Hi --no-restart', 'in force after the next restart'],
      ['localpaas set-env hello KEY --file key.pem', 'the content of a file, with all its lines'],
      ['some-program | localpaas set-env hello TOKEN -', 'what the program prints'],
      ['localpaas set-env hello OPTS -- -v', 'a value that begins with a dash'],
    ],
    notes: 'The bytes are kept as they are; of a file or of standard input, one line end at the end is dropped.',
    takes: {
      name: app,
      key: argument('<key>', 'name of the variable'),
      value: text('[value]', 'its value; `-` reads standard input'),
      file: text('--file <file>', 'read the value from a file', 'files'),
      restart,
      strategy,
      wait,
      json,
    },
    load: () => import('#cli/commands/set-env.ts'),
  }),
  command({
    name: 'unset-env',
    summary: 'remove an environment variable of an app',
    examples: [['localpaas unset-env hello GREETING', 'what runs is restarted without it']],
    takes: { name: app, key: argument('<key>', 'name of the variable'), restart, strategy, wait, json },
    load: () => import('#cli/commands/unset-env.ts'),
  }),
  command({
    name: 'idle-stop',
    summary: 'say when an app is stopped because nobody asks for it',
    examples: [
      ['localpaas idle-stop hello 10m', 'after ten minutes without a request; the next one starts it again'],
      ['localpaas idle-stop shop never', 'whatever `up --idle-stop` says'],
      ['localpaas idle-stop shop default', 'as `up --idle-stop` says, or never without it'],
    ],
    notes: [
      'Only the process web is stopped, and only of an app with a route and without cron lines or running tasks. An open',
      'websocket or a long answer counts as a request for as long as it lasts.',
    ].join('\n'),
    takes: { name: app, time: argument('<time>', '90s, 10m, 1h30m; `never` or `default`', ['never', 'default']), json },
    load: () => import('#cli/commands/idle-stop.ts'),
  }),
];
