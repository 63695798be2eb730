import { messageOf } from '#ground/errors.ts';
import { waitFor } from '#ground/wait.ts';
import { answerOf } from '../bench/first-answer.ts';
import type { Target } from './make-change.ts';
import type { Model, Seen } from './model.ts';
import type { Platform } from './platform.ts';
import { versionOf, witnessesBelow } from './witness-app.ts';

const readLimitMs = 15_000;
const settleLimitMs = 60_000;

/** Reads an app back and waits until it runs as it is wanted. @returns what is wrong, as sentences */
export async function problemsOf(
  platform: Platform,
  model: Model,
  target: Target,
  signal: AbortSignal,
): Promise<string[]> {
  try {
    const seen = await readBack(platform, target, signal);
    const problems = model.problemsIn(target.name, seen);
    const unsettled = await settle(platform, target, {
      instances: seen.instances,
      versions: model.versionsOf(target.name),
      signal,
    });
    return unsettled === undefined ? problems : [...problems, unsettled];
  } catch (error) {
    signal.throwIfAborted();
    return [`${target.name}: ${messageOf(error)}`];
  }
}

async function readBack({ api }: Platform, { guid }: Target, signal: AbortSignal): Promise<Seen> {
  let lastError: unknown;
  const read = async () => {
    try {
      return { environment: await api.environmentOf(guid), instances: await api.instancesOf(guid) };
    } catch (error) {
      lastError = error; // the platform is just coming back
      return undefined;
    }
  };
  try {
    return await waitFor('an answer of the API', read, { limitMs: readLimitMs, everyMs: 20, signal });
  } catch (error) {
    throw new Error(`it cannot be read: ${messageOf(error)}`, { cause: lastError });
  }
}

interface Wanted {
  readonly instances: number;
  readonly versions: readonly string[];
  readonly signal: AbortSignal;
}

/** @returns what is not as it should be after all this time; `undefined` when everything runs */
async function settle(platform: Platform, { name }: Target, { instances, versions, signal }: Wanted) {
  let now = '';
  const isSettled = async () => {
    const witnesses = (await witnessesBelow(platform.home)).filter(({ app }) => app === name);
    const running = await Promise.all(witnesses.map(versionOf));
    const routed = await answerOf(platform.addressOf(name)).catch(() => ({ status: 0, body: 'no answer' }));
    now = `its instances serve [${running.join(', ')}] and the router answers ${routed.status} ${routed.body.slice(0, 40)}`;
    const areRight = running.length === instances && running.every((version) => versions.includes(version ?? ''));
    return areRight && routed.status === 200 && versions.includes(routed.body) ? true : undefined;
  };
  try {
    await waitFor(`${name} to run`, isSettled, { limitMs: settleLimitMs, everyMs: 20, signal });
    return undefined;
  } catch {
    signal.throwIfAborted();
    return `${name}: wanted are ${instances} instances of ${versions.join(' or ')}; after ${settleLimitMs / 1000} s ${now}`;
  }
}

/** Restarts an app and compares what its process was given with what the API says. */
export async function environmentProblems(platform: Platform, { name, guid }: Target): Promise<string[]> {
  await platform.ok('restart', name);
  const stored = await platform.api.environmentOf(guid);
  const { body } = await answerOf({ ...platform.addressOf(name), path: '/environment' });
  const given = JSON.parse(body) as Record<string, string>;
  return Object.entries(stored).flatMap(([key, value]) =>
    given[key] === value ? [] : [`${name}: its process was given another ${key} than is stored`],
  );
}
