import { argument, command, json, text } from '../command.ts';
import { installOptions, serviceActions } from './service-options.ts';

export const serviceCommand = command({
  name: 'service',
  summary: 'have the platform and its apps start at boot',
  examples: [
    ['sudo localpaas service install', 'at boot, as the user who called sudo'],
    ['sudo localpaas service install --port 80 --listen 0.0.0.0 --domain pi.lan', 'on the port of the web'],
    ['sudo localpaas service install --run-as paas', 'as another user'],
    ['localpaas service install', 'without root: a service of your own'],
    ['localpaas service status', 'whether it runs, and starts at boot'],
    ['sudo localpaas service uninstall', 'stop platform and apps; the data stays'],
  ],
  notes: [
    'Options of `up` follow `install` and hold for every start; `install` again changes them, and the apps go on.',
    'It takes systemd (Linux) or launchd (macOS). `status` exits with 3 when the service does not run.',
  ].join('\n'),
  takes: {
    action: argument('<action>', 'install, uninstall or status', serviceActions),
    home: text('--home <directory>', 'where it keeps its things; else ~/.localpaas of the user it runs as', 'folders'),
    ...installOptions,
    json,
  },
  load: () => import('#cli/commands/service.ts'),
});
