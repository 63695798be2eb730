import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { signalProcess } from '#ground/child.ts';
import { processTable } from '#ground/processes.ts';
import { waitFor } from '#ground/wait.ts';
import type { Cli } from '../cli.ts';
import { type Systemd, unitOf } from './systemd.ts';
import { serviceUnitName, socketUnitName } from './systemd-units.ts';

const graceMs = 10_000;

/** Stops platform and apps and removes the units; the home stays. */
export async function uninstallFromSystemd(systemd: Systemd, cli: Cli): Promise<void> {
  if (systemd.isThere()) {
    cli.progress.step('Stopping the apps and the platform');
    await systemd.do('stop', socketUnitName, serviceUnitName);
    await endLeftOvers(systemd, cli.signal);
    await systemd.do('disable', '--quiet', socketUnitName, serviceUnitName);
  }
  for (const file of filesOf(systemd)) await rm(file, { force: true });
  if (systemd.isThere()) {
    await systemd.do('daemon-reload');
    await systemd.call('reset-failed', socketUnitName, serviceUnitName); // there may be nothing to reset
  }
  cli.progress.end();
}

/** The units, and the links by which they are enabled. */
function filesOf({ unitDirectory, scope }: Systemd): string[] {
  const target = scope === 'system' ? 'multi-user.target.wants' : 'default.target.wants';
  return [
    join(unitDirectory, target, serviceUnitName),
    join(unitDirectory, 'sockets.target.wants', socketUnitName),
    join(unitDirectory, serviceUnitName),
    join(unitDirectory, socketUnitName),
  ];
}

/** Apps whose platform crashed for good are still there: nobody else stops them. */
async function endLeftOvers({ scope }: Systemd, signal: AbortSignal): Promise<void> {
  const left = async () => {
    const rows = (await processTable()).filter(({ state }) => state !== 'Z');
    const units = await Promise.all(rows.map(({ pid }) => unitOf(pid)));
    return rows.filter((_, index) => units[index]?.unit === serviceUnitName && units[index]?.scope === scope);
  };
  const end = async (how: NodeJS.Signals) => {
    // Those of other users with a service of that name may not be signalled.
    const ours = (await left()).filter(({ pid }) => signalProcess(pid, how));
    return ours.length === 0 ? true : undefined;
  };
  if ((await end('SIGTERM')) === true) return;
  const isGone = async () => ((await left()).some(({ pid }) => signalProcess(pid, 0)) ? undefined : true);
  await waitFor('the apps to end', isGone, { limitMs: graceMs, everyMs: 50, signal }).catch(() => {
    signal.throwIfAborted();
  });
  await waitFor('the apps to be killed', () => end('SIGKILL'), { limitMs: graceMs, everyMs: 50, signal });
}
