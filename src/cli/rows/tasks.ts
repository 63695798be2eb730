import { argument, command, flag, json, megabytes, text } from '../command.ts';

const app = argument('<app>', 'the app', 'apps');

const runTask = command({
  name: 'run-task',
  summary: 'run a command once, with the files and the environment of an app',
  examples: [
    ['localpaas run-task shop "rake db:migrate" --wait', 'shows what it prints, and ends as it does'],
    ['localpaas run-task shop "node report.js" --name report -m 64M', 'in the background, with a name and 64 MB'],
  ],
  notes: [
    'It runs beside the app, also when that is stopped. `localpaas logs` has its lines, `localpaas tasks` how it ended.',
    'With --wait the exit code is that of the command.',
  ].join('\n'),
  takes: {
    app,
    command: argument('<command>', 'what a shell is to run in the folder of the app, as one word: quote it'),
    name: text('-n, --name <name>', 'what it is called in logs (default: one is made up)'),
    memory: megabytes('-m, --memory <size>', 'memory it may take (default: as much as an instance of the app)'),
    disk: megabytes('-k, --disk <size>', 'disk it may take'),
    wait: flag('--wait', 'show its lines until it has ended'),
    json,
  },
  load: () => import('#cli/commands/run-task.ts'),
});

const tasks = command({
  name: 'tasks',
  summary: 'list the tasks of an app, the newest first',
  examples: [['localpaas tasks shop', 'the last 50, and those that run']],
  takes: { app, json },
  load: () => import('#cli/commands/tasks.ts'),
});

const terminateTask = command({
  name: 'terminate-task',
  summary: 'end a task',
  examples: [['localpaas terminate-task shop 3', 'the one that `localpaas tasks shop` lists as 3']],
  takes: { app, id: argument('<id>', 'its number'), json },
  load: () => import('#cli/commands/terminate-task.ts'),
});

export const taskCommands = [runTask, tasks, terminateTask];
