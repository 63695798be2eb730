import { messageOf } from '#ground/errors.ts';
import { waitFor } from '#ground/wait.ts';
import { type Answer, answerOf } from '../bench/first-answer.ts';
import type { Target } from './make-change.ts';
import type { Model, Seen } from './model.ts';
import type { Reachable } from './reachable.ts';
import { versionOf, witnessesBelow } from './witness-app.ts';

const readLimitMs = 15_000;
const settleLimitMs = 60_000;

/** Reads an app back and waits until it runs as it is wanted. @returns what is wrong, as sentences */
export async function problemsOf(
  platform: Reachable,
  model: Model,
  { name, guid }: Target & { readonly guid: string },
  signal: AbortSignal,
): Promise<string[]> {
  try {
    const seen = await readBack(platform, guid, signal);
    const problems = model.problemsIn(name, seen);
    const { problem } = await awaitServing(platform, name, { seen, versions: model.versionsOf(name), signal });
    return problem === undefined ? problems : [...problems, problem];
  } catch (error) {
    signal.throwIfAborted();
    return [`${name}: ${messageOf(error)}`];
  }
}

/** @throws Error when the app cannot be read */
export async function readBack({ api }: Reachable, guid: string, signal: AbortSignal): Promise<Seen> {
  let lastError: unknown;
  const read = async () => {
    try {
      return {
        state: await api.stateOf(guid),
        environment: await api.environmentOf(guid),
        instances: await api.instancesOf(guid),
        routes: await api.routesOf(guid),
        hasDroplet: await api.hasDroplet(guid),
      };
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
  readonly seen: Seen;
  readonly versions: readonly string[];
  readonly signal: AbortSignal;
}

interface Serving {
  /** The version that is served; absent when the app is not to run. */
  readonly version?: string;
  /** What is not as it should be, also after a while. */
  readonly problem?: string;
}

/** Waits until as many instances run as there should be, of a version that may be, and the router leads to them. */
export async function awaitServing(platform: Reachable, name: string, wanted: Wanted): Promise<Serving> {
  let now: Now = { running: [], routed: { status: 0, body: 'no answer' } };
  const isSettled = async () => {
    const witnesses = (await witnessesBelow(platform.home)).filter(({ app }) => app === name);
    const running = await Promise.all(witnesses.map(versionOf));
    const routed = await answerOf(platform.addressOf(name)).catch(() => ({ status: 0, body: 'no answer' }));
    now = { running, routed };
    return isAsWanted(now, name, wanted) ? { version: running[0] } : undefined;
  };
  try {
    const { version } = await waitFor(`${name} to run`, isSettled, {
      limitMs: settleLimitMs,
      everyMs: 20,
      signal: wanted.signal,
    });
    return version === undefined ? {} : { version };
  } catch {
    wanted.signal.throwIfAborted();
    const what = `${instancesOf(wanted)} instances of ${wanted.versions.join(' or ')}`;
    const serve = `its instances serve [${now.running.join(', ')}]`;
    const answers = `the router answers ${now.routed.status} ${now.routed.body.slice(0, 40)}`;
    return { problem: `${name}: wanted are ${what}; after ${settleLimitMs / 1000} s ${serve} and ${answers}` };
  }
}

interface Now {
  /** What each instance serves. */
  readonly running: readonly (string | undefined)[];
  readonly routed: Answer;
}

function isAsWanted({ running, routed }: Now, name: string, wanted: Wanted): boolean {
  const may = (version: string | undefined) => version !== undefined && wanted.versions.includes(version);
  const instances = instancesOf(wanted);
  if (running.length !== instances || !running.every(may)) return false;
  const isReached = routed.status === 200;
  if (instances === 0) return !isReached;
  // A first push that was cut short may have left no route.
  return wanted.seen.routes.includes(name) ? isReached && may(routed.body) : true;
}

function instancesOf({ seen }: Wanted): number {
  return seen.state === 'STARTED' && seen.hasDroplet ? seen.instances : 0;
}

/** Restarts an app and compares what its process was given with what the API says. */
export async function environmentProblems(
  platform: Reachable,
  { name, guid }: Target & { readonly guid: string },
): Promise<string[]> {
  await platform.ok('restart', name);
  const stored = await platform.api.environmentOf(guid);
  const { body } = await answerOf({ ...platform.addressOf(name), path: '/environment' });
  const given = JSON.parse(body) as Record<string, string>;
  return Object.entries(stored).flatMap(([key, value]) =>
    given[key] === value ? [] : [`${name}: its process was given another ${key} than is stored`],
  );
}
