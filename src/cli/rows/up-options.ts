import { count, duration, flag, text } from '../command.ts';
import { isolationOptions } from './isolation-options.ts';

/** What `up` is told about the platform, by hand or by a service. */
export const upOptions = {
  port: count('-p, --port <port>', 'port of the router, for apps and API; 0 takes any free one (default 8080)'),
  busPort: count('--bus-port <port>', 'port of the message bus; 0 takes any free one (default 4222)'),
  listen: text('--listen <address>', 'address of the router (default 127.0.0.1)'),
  domain: text('--domain <domain>', 'apps are <name>.<domain> (default localhost)'),
  idleStop: duration(
    '--idle-stop <time>',
    'stop an app without requests for so long; the next one starts it (default never)',
  ),
  routerWorkers: text(
    '--router-workers <number>',
    'processes that route requests; `auto` for one per processor (default 1)',
    ['auto'],
  ),
  openBus: flag('--open-bus', 'let everybody on this machine use the message bus'),
  ...isolationOptions,
  verbose: flag('--verbose', 'print everything the components log'),
};
