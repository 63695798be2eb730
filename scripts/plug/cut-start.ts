import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sleep } from '#ground/wait.ts';
import type { Machine } from './machine.ts';

/** What was there of a start when the power went. */
interface CutStart {
  readonly wasReady: boolean;
  /** What its owner may have written down by then. */
  readonly account?: string;
}

/** Starts a platform, cuts the power after a while, and has it come back; then nothing runs. */
export async function cutStart(
  machine: Machine,
  home: string,
  afterMs: number,
  signal: AbortSignal,
): Promise<CutStart> {
  let account: string | undefined;
  let wasReady = false;
  const starting = machine.up(home).then(
    async () => {
      wasReady = machine.isOn;
      if (wasReady) account = await accountIn(home).catch(() => undefined); // the power goes at this moment
    },
    (error: unknown) => {
      if (machine.isOn) throw error;
    },
  );
  const failed = starting.then(() => new Promise<never>(() => {}));
  await Promise.race([sleep(afterMs, signal), failed]);
  await machine.pull();
  await starting;
  await machine.powerOn();
  return { wasReady, ...(account === undefined ? {} : { account }) };
}

/** The administrator's name and password, and the key of all tokens. */
export async function accountIn(home: string): Promise<string> {
  const files = ['admin.json', 'identity.json'].map((name) => join(home, 'cloud-controller', name));
  return (await Promise.all(files.map((file) => readFile(file, 'utf8')))).join('');
}
