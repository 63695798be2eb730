import { argument, command, json } from '../command.ts';

const app = argument('<name>', 'the app', 'apps');
const address = argument('<address>', 'HOST, HOST.DOMAIN or HOST.DOMAIN/PATH');

export const routeCommands = [
  command({
    name: 'routes',
    summary: 'list all routes and the apps they lead to',
    examples: [['localpaas routes', 'every address of this platform']],
    takes: { json },
    load: () => import('#cli/commands/routes.ts'),
  }),
  command({
    name: 'map-route',
    summary: 'have an address lead to an app',
    examples: [
      ['localpaas map-route hello www', 'www.localhost'],
      ['localpaas map-route hello www.localhost/api', 'only what is below /api'],
    ],
    takes: { name: app, address, json },
    load: () => import('#cli/commands/map-route.ts'),
  }),
  command({
    name: 'unmap-route',
    summary: 'have an address no longer lead to an app',
    examples: [['localpaas unmap-route hello www', 'a route that leads nowhere then is deleted']],
    takes: { name: app, address, json },
    load: () => import('#cli/commands/unmap-route.ts'),
  }),
];
