import { chmod, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { homeOf, type PlatformRecord, readPlatformRecord } from '#assembly/home.ts';
import { ActionableError } from '#ground/errors.ts';
import { readIfThere, writeFileDurably } from '#ground/files.ts';
import { waitFor } from '#ground/wait.ts';
import type { Cli } from '../cli.ts';
import type { ServicePlan } from './plan.ts';
import { refuseRivals, refuseTakenPorts } from './rivals.ts';
import { lingers, type Systemd } from './systemd.ts';
import {
  type Installed,
  installedIn,
  serviceUnit,
  serviceUnitName,
  socketUnit,
  socketUnitName,
} from './systemd-units.ts';

/** A Raspberry Pi with an old card takes its time. */
const readyLimitMs = 90_000;
const stopLimitMs = 60_000;
/** After so many attempts it will not come right by itself. */
const failedStarts = 3;

/**
 * Writes the units and has systemd run them, now and after each boot; or brings those of an earlier installation up to
 * date, whose apps go on meanwhile. Resolves when the platform answers.
 * @throws ActionableError ALREADY_RUNNING, PORT_TAKEN, START_FAILED
 */
export async function installOnSystemd(plan: ServicePlan, systemd: Systemd, cli: Cli): Promise<PlatformRecord> {
  await reachSystemd(plan, systemd, cli);
  await refuseRivals(plan);
  const before = installedIn((await readIfThere(join(systemd.unitDirectory, serviceUnitName))) ?? '');
  const own = await ownPorts(systemd, before);
  await refuseTakenPorts(plan, (port) => own.includes(port));

  const hasChanged = await writeUnits(plan, systemd);
  await systemd.do('daemon-reload');
  await systemd.do('enable', '--quiet', socketUnitName, serviceUnitName);
  if (hasChanged && before !== undefined) {
    cli.progress.step('Stopping the service as it was');
    await makeWay(plan, before, systemd, cli);
  }
  cli.progress.step('Starting the service');
  await systemd.call('reset-failed', socketUnitName, serviceUnitName);
  const record = await start(plan, systemd, cli);
  cli.progress.end();
  return record;
}

/** The systemd of a user may have to be started first, which is what lingering does. */
async function reachSystemd({ scope, account }: ServicePlan, systemd: Systemd, cli: Cli): Promise<void> {
  if (scope === 'system') return;
  if (!(await lingers(account.name)) && !(await systemd.enableLingering())) {
    cli.progress.warn(`The service will start when ${account.name} logs in, not at boot, until somebody types:`);
    cli.progress.line(`         ${lingerCommand(account.name)}`);
  }
  const isThere = () => (systemd.isThere() ? true : undefined);
  await waitFor('the systemd of this user', isThere, { limitMs: 5_000, signal: cli.signal }).catch((cause) => {
    cli.signal.throwIfAborted();
    throw new ActionableError(
      'START_FAILED',
      `systemd runs nothing for ${account.name} at the moment, because ${account.name} is not logged in.`,
      `Log in directly rather than with \`su\`, or have systemd run services of ${account.name} always: \`${lingerCommand(account.name)}\`.`,
      { cause },
    );
  });
}

/** What somebody types who may decide for other users. */
export function lingerCommand(user: string): string {
  return `sudo loginctl enable-linger ${user}`;
}

/** The ports which the service has now. */
async function ownPorts(systemd: Systemd, before: Installed | undefined): Promise<number[]> {
  if (before === undefined) return [];
  const isActive = async (unit: string) => (await systemd.stateOf(unit)).active === 'active';
  const router = (await isActive(socketUnitName)) ? [before.port] : [];
  return (await isActive(serviceUnitName)) ? [...router, before.busPort] : router;
}

/** @returns whether they were others before, or none */
async function writeUnits(plan: ServicePlan, { unitDirectory }: Systemd): Promise<boolean> {
  await mkdir(unitDirectory, { recursive: true });
  let hasChanged = false;
  for (const [name, content] of [
    [socketUnitName, socketUnit(plan)],
    [serviceUnitName, serviceUnit(plan)],
  ] as const) {
    const file = join(unitDirectory, name);
    if ((await readIfThere(file)) === content) continue;
    await writeFileDurably(file, content);
    await chmod(file, 0o644); // everybody may know of it
    hasChanged = true;
  }
  return hasChanged;
}

/** Stops what ran until now. Apps of the same home go on, for the new one to adopt. */
async function makeWay(plan: ServicePlan, before: Installed, systemd: Systemd, cli: Cli): Promise<void> {
  if (before.home === plan.home && before.user === plan.account.name) {
    await systemd.call('kill', '--signal=SIGUSR2', '--kill-who=main', serviceUnitName);
    const isGone = async () => ((await systemd.stateOf(serviceUnitName)).pid === 0 ? true : undefined);
    // Should it not listen, it is stopped with its apps below.
    await waitFor('the platform to end', isGone, { limitMs: stopLimitMs, everyMs: 50, signal: cli.signal }).catch(
      () => {},
    );
    cli.signal.throwIfAborted();
  }
  await systemd.do('stop', socketUnitName, serviceUnitName);
}

async function start(plan: ServicePlan, systemd: Systemd, cli: Cli): Promise<PlatformRecord> {
  const { code, err } = await systemd.call('start', socketUnitName, serviceUnitName);
  const failed = async (why: string) => {
    for (const line of await systemd.lastLines(serviceUnitName, 15)) cli.progress.line(`  ${line}`);
    return new ActionableError(
      'START_FAILED',
      `The service is installed, but the platform does not come up: ${why}.`,
      `\`${systemd.journalCommand()}\` tells why. Put it right and start it with \`${systemd.command('start')}\`, or remove it with \`localpaas service uninstall\`.`,
    );
  };
  if (code !== 0) throw await failed(err.trim().split('\n')[0]?.replace(/\.$/, '') ?? `status ${code}`);
  const home = homeOf(plan.home, {});
  const answers = async () => {
    const { active, pid, result, restarts } = await systemd.stateOf(serviceUnitName);
    if (active === 'failed' || restarts >= failedStarts) throw await failed(`systemd says '${result}'`);
    const record = await readPlatformRecord(home);
    return active === 'active' && record?.pid === pid ? record : undefined;
  };
  return waitFor('the platform to be ready', answers, { limitMs: readyLimitMs, everyMs: 100, signal: cli.signal });
}
