import type { PlatformRecord } from '#assembly/home.ts';
import type { Cli } from '../cli.ts';
import { installOnSystemd } from './install-on-systemd.ts';
import { Launchd } from './launchd.ts';
import type { Account, Scope, ServicePlan } from './plan.ts';
import type { ServiceStatus } from './service-status.ts';
import { statusOnSystemd } from './status-on-systemd.ts';
import { hasSystemd, Systemd } from './systemd.ts';
import { uninstallFromSystemd } from './uninstall-from-systemd.ts';

/** Whoever starts services on this machine. */
export interface ServiceManager {
  /** Also brings an earlier installation up to date. Resolves when the platform answers. */
  install(plan: ServicePlan, cli: Cli): Promise<PlatformRecord>;
  /** Stops platform and apps first. */
  uninstall(cli: Cli): Promise<void>;
  status(): Promise<ServiceStatus>;
  /** What a user types. */
  readonly commands: { readonly stop: string; readonly start: string; readonly logs: string };
}

/** `undefined` where nobody starts services whom we know. */
export function serviceManager(
  scope: Scope,
  account: Account,
  env: Readonly<Record<string, string | undefined>>,
): ServiceManager | undefined {
  if (process.platform === 'darwin') return new Launchd(scope, account, env);
  if (!hasSystemd()) return undefined;
  const systemd = new Systemd(scope, account, env);
  return {
    install: (plan, cli) => installOnSystemd(plan, systemd, cli),
    uninstall: (cli) => uninstallFromSystemd(systemd, cli),
    status: () => statusOnSystemd(systemd),
    commands: {
      stop: systemd.command('stop'),
      start: systemd.command('start'),
      logs: `${systemd.journalCommand()} -f`,
    },
  };
}
