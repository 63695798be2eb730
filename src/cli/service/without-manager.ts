import { release } from 'node:os';
import { join } from 'node:path';
import { ActionableError } from '#ground/errors.ts';
import type { ServicePlan } from './plan.ts';

/** What somebody else needs to start the platform. */
type Startable = Pick<ServicePlan, 'program' | 'options' | 'home' | 'environment'>;

/** What to do on a machine that no service manager runs which we know. */
export function noServiceManager(plan: Startable | undefined): ActionableError {
  const wsl = /microsoft/i.test(release())
    ? '\nThis is WSL, which has systemd too: put `[boot]` and `systemd=true` into /etc/wsl.conf, then `wsl --shutdown`.'
    : '';
  const cron =
    plan === undefined
      ? 'Where there is no systemd there is no service.'
      : `Have cron start it instead: add this line with \`crontab -e\`, as the user whose apps they are:\n${crontabLine(plan)}`;
  return new ActionableError(
    'PROGRAM_NOT_FOUND',
    'systemd does not run this machine, so there is nothing to install a service with.',
    `${cron}${wsl}`,
  );
}

/** A line for crontab(5), where `%` stands for the end of a line. */
export function crontabLine({ program, options, home, environment }: Startable): string {
  const variables = Object.entries(environment).map(([name, value]) => `${name}=${shellWord(value)}`);
  const command = [...variables, 'exec', ...[...program, 'up', ...options].map(shellWord)].join(' ');
  const logs = join(home, 'logs');
  const line = `mkdir -p ${shellWord(logs)} && ${command} >${shellWord(join(logs, 'boot.log'))} 2>&1`;
  return `@reboot ${line.replaceAll('%', '\\%')}`;
}

function shellWord(text: string): string {
  if (/^[\w@+=:,./-]+$/.test(text)) return text;
  return `'${text.replaceAll("'", "'\\''")}'`;
}
