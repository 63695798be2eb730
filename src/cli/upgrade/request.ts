import { readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import type { Home } from '#assembly/home.ts';
import { readIfThere, replaceFile } from '#ground/files.ts';
import { jsonIn } from '#ground/json-in.ts';
import type { ProcessIdentity } from '#ground/processes.ts';

const Identity = v.object({ pid: v.number(), startedAt: v.string() });

/** What `upgrade` asks of a running platform, in `run/upgrade.json`: to start again as what now lies in its place. */
const UpgradeRequest = v.object({
  id: v.string(),
  platform: Identity,
  /** `upgrade` itself: it waits for the outcome, and a request whose author is gone is none. */
  author: Identity,
  /** Of the executable that lies there now. */
  version: v.string(),
});
export type UpgradeRequest = v.InferOutput<typeof UpgradeRequest>;

/** That a platform goes on as it was, in `run/upgrade-failed.json`. Success needs no telling. */
const UpgradeFailure = v.object({ id: v.string(), why: v.string() });

/** Why an upgrade fails that somebody interrupts by stopping the platform. */
export const stoppedMeanwhile = 'the platform was stopped meanwhile';

/** Writes a request; a signal tells the platform that there is one. */
export async function writeRequest(home: Home, request: UpgradeRequest): Promise<void> {
  await rm(failureFileIn(home), { force: true });
  // Root upgrades the platforms of users, who have to be able to read it.
  await replaceFile(requestFileIn(home), JSON.stringify(request), { mode: 0o644 });
}

export async function removeRequest(home: Home): Promise<void> {
  await rm(requestFileIn(home), { force: true });
}

/** The request that is meant for this platform, if there is one. */
export function readRequest(home: Home, platform: ProcessIdentity): UpgradeRequest | undefined {
  let text: string;
  try {
    text = readFileSync(requestFileIn(home), 'utf8');
  } catch {
    return undefined; // there is none
  }
  const request = v.safeParse(UpgradeRequest, jsonIn(text));
  if (!request.success) return undefined;
  const { pid, startedAt } = request.output.platform;
  return pid === platform.pid && startedAt === platform.startedAt ? request.output : undefined;
}

/** Tells whoever asked for an upgrade that there will be none. */
export async function writeFailure(home: Home, id: string, why: string): Promise<void> {
  await replaceFile(failureFileIn(home), JSON.stringify({ id, why }));
}

/** Why the upgrade with this id failed; `undefined` when it has not, so far. */
export async function readFailure(home: Home, id: string): Promise<string | undefined> {
  const failure = v.safeParse(UpgradeFailure, jsonIn((await readIfThere(failureFileIn(home))) ?? ''));
  return failure.success && failure.output.id === id ? failure.output.why : undefined;
}

function requestFileIn(home: Home): string {
  return join(home.directoryOf('run'), 'upgrade.json');
}

function failureFileIn(home: Home): string {
  return join(home.directoryOf('run'), 'upgrade-failed.json');
}
