import * as v from 'valibot';
import { jsonIn } from '#ground/json-in.ts';
import { confinement } from './confinement.ts';
import { type ServicePlan, serviceName } from './plan.ts';
import { socketAddress, unitCommand, unitWord } from './unit-syntax.ts';

export const serviceUnitName = `${serviceName}.service`;
export const socketUnitName = `${serviceName}.socket`;

/** What a later run has to know of the one that installed the service. */
const Installed = v.object({
  user: v.string(),
  home: v.string(),
  listen: v.string(),
  port: v.number(),
  busPort: v.number(),
});
export type Installed = v.InferOutput<typeof Installed>;

/** How the platform is run. Everything that is not here is systemd's default. */
export function serviceUnit(plan: ServicePlan): string {
  const isSystem = plan.scope === 'system';
  return section([
    '# `localpaas service install` writes this file anew. Settings of your own go into `systemctl edit localpaas`.',
    '[Unit]',
    'Description=localpaas: the platform and its apps',
    `Requires=${socketUnitName}`,
    `After=${socketUnitName}${isSystem ? ' network.target' : ''}`,
    // Home or program may lie on a disk of their own.
    ...(isSystem ? [`RequiresMountsFor=${[plan.home, ...plan.program].map(unitWord).join(' ')}`] : []),
    '# A start that fails over and over is given up.',
    'StartLimitIntervalSec=120',
    'StartLimitBurst=10',
    '',
    '[Service]',
    'Type=exec',
    ...(isSystem ? [`User=${plan.account.name}`] : []),
    ...Object.entries(plan.environment).map(([name, value]) => `Environment=${unitWord(`${name}=${value}`)}`),
    `ExecStart=${unitCommand([...plan.program, 'up', ...plan.options])}`,
    ...lifecycle(isSystem),
    'SyslogIdentifier=localpaas',
    ...(plan.isConfined ? ['', ...confinement(plan.scope, plan.home)] : []),
    '',
    '[Install]',
    `WantedBy=${isSystem ? 'multi-user.target' : 'default.target'}`,
    '',
    '[X-Localpaas]',
    `Installed=${JSON.stringify(installedBy(plan))}`,
  ]);
}

/** The router's port, which stays open while the platform restarts: requests wait instead of being refused. */
export function socketUnit({ listen, port }: ServicePlan): string {
  return section([
    '# `localpaas service install` writes this file anew.',
    '[Unit]',
    "Description=localpaas: the router's port",
    '',
    '[Socket]',
    `ListenStream=${socketAddress(listen, port)}`,
    'Backlog=4096',
    // An address that the machine gets only later, from its network, can be listened on at boot.
    'FreeBind=yes',
    '',
    '[Install]',
    'WantedBy=sockets.target',
  ]);
}

/** What the service unit tells about its installation; `undefined` when it is not one of ours. */
export function installedIn(unit: string): Installed | undefined {
  const text = /^\[X-Localpaas\]\nInstalled=(.+)$/m.exec(unit)?.[1];
  const installed = v.safeParse(Installed, jsonIn(text ?? ''));
  return installed.success ? installed.output : undefined;
}

function installedBy({ account, home, listen, port, busPort }: ServicePlan): Installed {
  return { user: account.name, home, listen, port, busPort };
}

function lifecycle(isSystem: boolean): string[] {
  const systemctl = isSystem ? 'systemctl' : 'systemctl --user';
  return [
    '# Stopped, it is not to be woken by the next request. Restarted it keeps the port: systemd refuses this then.',
    `ExecStop=-${isSystem ? '+' : ''}/bin/sh -c '${systemctl} --no-block --job-mode=fail stop ${socketUnitName} 2>/dev/null'`,
    '# The platform stops its apps itself. When it crashes or is replaced they go on, and the next one adopts them.',
    'KillMode=process',
    'OOMPolicy=continue',
    'TimeoutStopSec=60',
    'Restart=on-failure',
    'RestartSec=500ms',
    '# 75: another version takes over. 2: a command line that is wrong stays wrong. The others: somebody stopped it.',
    'RestartForceExitStatus=75',
    'RestartPreventExitStatus=2',
    'SuccessExitStatus=129 130 143',
    '# As many processes as a login may have.',
    'TasksMax=33%',
  ];
}

function section(lines: readonly string[]): string {
  return `${lines.join('\n')}\n`;
}
