import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { homeOf, readPlatformRecord } from '#assembly/home.ts';
import { ActionableError } from '#ground/errors.ts';
import { readIfThere } from '#ground/files.ts';
import { holderOf, isFree } from '#ground/ports.ts';
import { isAlive } from '#ground/processes.ts';
import type { ServicePlan } from './plan.ts';
import { systemUnitDirectory, unitOf, userUnitDirectory } from './systemd.ts';
import { installedIn, serviceUnitName } from './systemd-units.ts';

/**
 * Refuses a service beside another one for the same home, or beside a platform that somebody started by hand: only one
 * can have the home, and the other would fail over and over.
 * @throws ActionableError ALREADY_RUNNING
 */
export async function refuseRivals(plan: ServicePlan): Promise<void> {
  await refuseOtherService(plan);
  const record = await readPlatformRecord(homeOf(plan.home, {}));
  if (record === undefined || !(await isAlive(record))) return;
  const by = await unitOf(record.pid);
  if (by?.unit === serviceUnitName && by.scope === plan.scope) return;
  const home = plan.scope === 'system' ? ` --home ${plan.home}` : '';
  throw new ActionableError(
    'ALREADY_RUNNING',
    `A localpaas that is no service runs with the home ${plan.home} already (pid ${record.pid}, ${record.url}).`,
    `Stop it and install the service again: \`localpaas down --keep-apps${home}\` leaves its apps running, and the service takes them over.`,
  );
}

async function refuseOtherService({ scope, account, home }: ServicePlan): Promise<void> {
  const directory = scope === 'system' ? userUnitDirectory(account) : systemUnitDirectory;
  const file = join(directory, serviceUnitName);
  const unit = await readIfThere(file);
  const other = unit === undefined ? undefined : installedIn(unit);
  if (other === undefined || (other.home !== home && other.user !== account.name)) return;
  throw new ActionableError(
    'ALREADY_RUNNING',
    `${account.name} has a localpaas service already: ${file}.`,
    scope === 'system'
      ? `Remove that one first: \`localpaas service uninstall\`, as ${account.name}. The data stays.`
      : 'Use that one, or remove it first: `sudo localpaas service uninstall`. The data stays.',
  );
}

/**
 * Refuses ports that the service could not have.
 * @param isOwn whether the service has a port by now: that is free for the next
 * @throws ActionableError PORT_TAKEN
 */
export async function refuseTakenPorts(plan: ServicePlan, isOwn: (port: number) => boolean): Promise<void> {
  refuseLowPort(plan, await firstOrdinaryPort());
  await refuseTaken(plan.port, 'The router', '--port', isOwn);
  if (plan.busPort !== 0) await refuseTaken(plan.busPort, 'The message bus', '--bus-port', isOwn);
}

/** @param first the first port which not only root may listen on */
export function refuseLowPort({ scope, port, account }: ServicePlan, first: number): void {
  if (scope === 'system' || port >= first) return;
  throw new ActionableError(
    'PORT_TAKEN',
    `Ports below ${first} belong to root, and a service of ${account.name} cannot have port ${port}.`,
    'A service that root installs can: `sudo localpaas service install --port PORT`. It runs as you all the same.',
  );
}

async function refuseTaken(port: number, who: string, flag: string, isOwn: (port: number) => boolean): Promise<void> {
  if (isOwn(port) || (await isFree(port))) return;
  const holder = holderOf(port);
  const by = holder === undefined ? 'another program' : `'${holder.command}' (pid ${holder.pid})`;
  throw new ActionableError(
    'PORT_TAKEN',
    `${who} of the service cannot listen on port ${port}: ${by} holds it.`,
    `Stop that program, or choose another port with \`${flag}\`.`,
  );
}

async function firstOrdinaryPort(): Promise<number> {
  const text = await readFile('/proc/sys/net/ipv4/ip_unprivileged_port_start', 'utf8').catch(() => ''); // not Linux
  return /^\d+$/.test(text.trim()) ? Number(text) : 1024;
}
