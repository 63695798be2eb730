import { homeOf, type PlatformRecord, readPlatformRecord } from '#assembly/home.ts';
import { holderOf, isFree } from '#ground/ports.ts';
import { isAlive } from '#ground/processes.ts';
import { portOf } from '../addresses.ts';
import { type Finding, ok, problem } from './finding.ts';

const flags = { router: '--port', bus: '--bus-port' };

/** The platform of this home, if it runs. */
export async function runningPlatform(home: string): Promise<PlatformRecord | undefined> {
  const record = await readPlatformRecord(homeOf(home, {}));
  return record !== undefined && (await isAlive(record)) ? record : undefined;
}

/** Whether `up` gets a port, or has it. */
export async function checkPort(
  which: keyof typeof flags,
  port: number,
  platform: PlatformRecord | undefined,
): Promise<Finding> {
  const check = which === 'router' ? 'router port' : 'bus port';
  const own = platform === undefined ? undefined : portOf(which === 'router' ? platform.url : platform.bus);
  if (own === String(port)) return ok(check, `localpaas (pid ${platform?.pid}) listens on port ${port}.`);
  if (await isFree(port)) return ok(check, `Port ${port} is free.`);
  const holder = holderOf(port);
  const by = holder === undefined ? 'Another program' : `'${holder.command}' (pid ${holder.pid})`;
  return problem(
    check,
    `${by} listens on port ${port}.`,
    `Stop it, or start with \`localpaas up ${flags[which]} PORT\`.`,
  );
}
