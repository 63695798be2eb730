import type { networkInterfaces } from 'node:os';
import { sleep } from '#ground/wait.ts';
import { durationText } from '../go-text.ts';
import { type Check, checkApp, type Unwell } from './check-app.ts';
import type { HealthcheckOptions, Mode } from './options.ts';

type Interfaces = ReturnType<typeof networkInterfaces>;

/**
 * Asks an app whether it is well, once or as long as the mode says.
 * @param interfaces of this machine: the app is asked at the first address that is not loopback, as others would
 * @returns undefined when the last answer was good
 */
export async function runHealthcheck(
  options: HealthcheckOptions,
  interfaces: Interfaces,
  signal: AbortSignal,
): Promise<Unwell | undefined> {
  const host = outerAddress(interfaces) ?? (options.strict ? undefined : '127.0.0.1');
  if (host === undefined) return { code: 3, message: 'failure to find suitable interface' };
  const { network, port } = options;
  if (!['tcp', 'tcp4'].includes(network)) {
    const reason = `dial ${network}: unknown network ${network}`;
    return { code: 4, message: `failed to make TCP connection to ${host}:${port}: ${reason}` };
  }
  return checkInMode({ ...options, host }, options.mode, signal);
}

/** The first IPv4 address that others reach, in the order of the system. */
function outerAddress(interfaces: Interfaces): string | undefined {
  const all = Object.values(interfaces).flatMap((addresses) => addresses ?? []);
  return all.find(({ family, internal }) => family === 'IPv4' && !internal)?.address;
}

/** The same at a known address. */
export async function checkInMode(check: Check, mode: Mode, signal: AbortSignal): Promise<Unwell | undefined> {
  if (mode.kind === 'once') return checkApp(check);
  if (mode.kind === 'startup') return untilWell(check, mode.everyMs, mode.limitMs, signal);
  if (mode.kind === 'until-ready') return untilWell(check, mode.everyMs, 0, signal);
  const title = mode.kind === 'liveness' ? 'Liveness' : 'Readiness';
  for (;;) {
    const unwell = await checkApp(check);
    if (unwell !== undefined) return { ...unwell, message: `${title} check unsuccessful: ${unwell.message}` };
    await sleep(mode.everyMs, signal);
  }
}

/** @param limitMs 0 is for ever */
async function untilWell(
  check: Check,
  everyMs: number,
  limitMs: number,
  signal: AbortSignal,
): Promise<Unwell | undefined> {
  const endsAt = limitMs > 0 ? performance.now() + limitMs : Number.POSITIVE_INFINITY;
  let dueAt = performance.now();
  for (let attempts = 1; ; attempts += 1) {
    const unwell = await checkApp(check);
    if (unwell === undefined) return undefined;
    dueAt += everyMs; // who is late catches up
    if (Math.max(dueAt, performance.now()) >= endsAt) {
      await sleep(Math.max(0, endsAt - performance.now()), signal);
      const waited = `Timed out after ${durationText(limitMs)} (${attempts} attempts)`;
      return { ...unwell, message: `${waited} waiting for startup check to succeed: ${unwell.message}` };
    }
    await sleep(Math.max(0, dueAt - performance.now()), signal);
  }
}
