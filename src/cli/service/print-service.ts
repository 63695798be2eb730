import type { Cli } from '../cli.ts';
import { readableTime } from '../readable-time.ts';
import type { ServiceManager } from './service-manager.ts';
import type { ServiceStatus } from './service-status.ts';

/** How a service is, for people. */
export function printStatus(cli: Cli, status: ServiceStatus, commands: ServiceManager['commands']): void {
  if (status.file === null) {
    cli.out.line('localpaas is not installed as a service here.');
    cli.out.line('`sudo localpaas service install` makes one that starts at boot; without sudo it is your own.');
    return;
  }
  const whose = status.scope === 'system' ? 'of the machine' : 'of one user';
  cli.out.facts([
    ['service', `${status.running ? 'runs' : 'does not run'}: ${status.state}`],
    ...(status.since === null ? [] : [['since', readableTime(new Date(status.since))] as const]),
    ...(status.pid === null ? [] : [['pid', restartsOf(status)] as const]),
    ['at boot', status.startsAtBoot ? 'starts' : 'does not start'],
    ['installed', `${status.file}, a service ${whose}`],
    ...(status.user === null ? [] : [['runs as', status.user] as const]),
    ...(status.address === null ? [] : [['listens at', status.address] as const]),
    ...(status.home === null ? [] : [['home', status.home] as const]),
  ]);
  if (status.hint !== null) cli.out.line(`\n${status.hint}`);
  if (status.running) return;
  if (status.lastLines.length > 0)
    cli.out.line(`\nIts last lines:\n${status.lastLines.map((line) => `  ${line}`).join('\n')}`);
  cli.out.line(`\n\`${commands.start}\` starts it; \`${commands.logs}\` shows what it says.`);
}

/** What an installation came to, for people. */
export function printInstalled(
  cli: Cli,
  status: ServiceStatus,
  url: string,
  commands: ServiceManager['commands'],
): void {
  const when = status.startsAtBoot ? 'starts at boot' : 'does not start at boot yet';
  cli.out.line(`localpaas runs as a service and ${when}.\n`);
  cli.out.facts([
    ['API', url],
    ...(status.user === null ? [] : [['runs as', `${status.user}, with the home ${status.home}`] as const]),
    ['stop', commands.stop],
    ['logs', commands.logs],
    ['remove', `${status.scope === 'system' ? 'sudo ' : ''}localpaas service uninstall`],
  ]);
  if (status.hint !== null) cli.out.line(`\n${status.hint}`);
}

function restartsOf({ pid, restarts }: ServiceStatus): string {
  if (restarts === 0) return String(pid);
  return `${pid}, started again ${restarts} ${restarts === 1 ? 'time' : 'times'}`;
}
