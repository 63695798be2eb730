import { join } from 'node:path';
import { readIfThere } from '#ground/files.ts';
import { lingerCommand } from './install-on-systemd.ts';
import { notInstalled, type ServiceStatus } from './service-status.ts';
import { lingers, type Systemd, type UnitState } from './systemd.ts';
import { type Installed, installedIn, serviceUnitName } from './systemd-units.ts';
import { socketAddress } from './unit-syntax.ts';

const linesShown = 10;

export async function statusOnSystemd(systemd: Systemd): Promise<ServiceStatus> {
  const file = join(systemd.unitDirectory, serviceUnitName);
  const unit = await readIfThere(file);
  if (unit === undefined) return notInstalled('systemd', systemd.scope);
  const installed = installedIn(unit);
  const state = await systemd.stateOf(serviceUnitName);
  const running = state.active === 'active';
  const hint = await hintFor(systemd, state, installed);
  return {
    manager: 'systemd',
    scope: systemd.scope,
    file,
    user: installed?.user ?? null,
    home: installed?.home ?? null,
    address: installed === undefined ? null : socketAddress(installed.listen, installed.port),
    enabled: state.isEnabled,
    running,
    state: `${state.active} (${state.sub}${state.result === 'success' ? '' : `, ${state.result}`})`,
    since: state.since?.toISOString() ?? null,
    pid: state.pid === 0 ? null : state.pid,
    restarts: state.restarts,
    startsAtBoot: hint === null,
    hint,
    lastLines: running ? [] : await systemd.lastLines(serviceUnitName, linesShown),
  };
}

async function hintFor(systemd: Systemd, state: UnitState, installed: Installed | undefined): Promise<string | null> {
  if (!state.isEnabled) return `\`${systemd.command('enable')}\` has it start at boot.`;
  if (systemd.scope === 'system' || installed === undefined || (await lingers(installed.user))) return null;
  return `It starts when ${installed.user} logs in; \`${lingerCommand(installed.user)}\` has it start at boot.`;
}
