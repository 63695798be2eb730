import { rm } from 'node:fs/promises';
import { messageOf } from '#ground/errors.ts';
import { awaitServing, readBack } from '../torture/verify.ts';
import { writeWitness } from '../torture/witness-app.ts';
import { accountIn, cutStart } from './cut-start.ts';
import { flawsIn, referencesOf } from './inspect-home.ts';
import type { Machine } from './machine.ts';

interface NewHome {
  readonly cutAfterMs: number;
  /** Of the app that is pushed then. */
  readonly version: string;
  /** Where its files are put. */
  readonly sources: string;
  readonly signal: AbortSignal;
}

/**
 * A home whose first start was cut short must be like a new one, or like one that was started. The machine is on, and
 * afterwards again with nothing running.
 * @throws Error when it is of no use
 */
export async function tryNewHome(machine: Machine, { cutAfterMs, version, sources, signal }: NewHome) {
  const home = machine.directoryOf('new-home');
  const { wasReady, account } = await cutStart(machine, home, cutAfterMs, signal);
  const problems: string[] = [];
  try {
    const up = await machine.up(home);
    if (account !== undefined && (await accountIn(home)) !== account) problems.push('the account is another one');
    await up.ok('push', await writeWitness(sources, version), '--name', 'new');
    const seen = await readBack(up, await up.api.guidOf('new'), signal);
    const { problem } = await awaitServing(up, 'new', { seen, versions: [version], signal });
    if (problem !== undefined) problems.push(problem);
    problems.push(...(await flawsIn(home, { references: () => referencesOf(up.api), signal })));
  } catch (cause) {
    signal.throwIfAborted();
    throw new Error(`A new home is of no use after its first start was cut short: ${messageOf(cause)}`, { cause });
  }
  await machine.pull();
  await machine.powerOn();
  await rm(home, { recursive: true });
  return { wasReady, problems: problems.map((problem) => `a new home: ${problem}`) };
}
