import { stat } from 'node:fs/promises';
import { messageOf } from '#ground/errors.ts';
import { waitFor } from '#ground/wait.ts';
import type { Surroundings } from '../bench/surroundings.ts';
import { type Damage, inflict, setAsideIn } from './damage.ts';
import { equal, newestIn, type Pristine, servesIn } from './pristine.ts';
import { type DamageEvent, runUp, type Up } from './run-up.ts';
import { Client, type State } from './state.ts';

/** What came of one round. */
export interface Verdict {
  /** Sentences; none when it passed. */
  readonly violations: readonly string[];
  readonly readyMs: number;
  /** Whether anything was said. */
  readonly wasSaid: boolean;
  /** Records that are not as they were acknowledged. */
  readonly differing: number;
  /** Whether the store was set aside and filled anew. */
  readonly wasRestored: boolean;
  /** What was said, for a reader. */
  readonly said: readonly string[];
}

const startLimitMs = 30_000;
const serveLimitMs = 15_000;

export interface Trial {
  /** A copy of the pristine one. */
  readonly home: string;
  readonly damages: readonly Damage[];
  /** Whether it is started once more, when nothing may be wrong any more. */
  readonly isTwice?: boolean;
}

/** Damages a home and starts it. */
export async function runTrial(
  surroundings: Surroundings,
  pristine: Pristine,
  { home, damages, isTwice = true }: Trial,
): Promise<Verdict> {
  for (const damage of damages) await inflict(damage, home);
  const worst = await newestIn(home);
  const violations: string[] = [];
  await using up = await runUp(surroundings, home, startLimitMs);
  const client = await Client.logIn(up.url, home);
  const state = await client.state();
  const said = up.said();
  const differing = differences(pristine, state);
  for (const key of isEarlier(pristine, state) ? [] : differing) {
    const why = whyNotAllowed({ key, pristine, state, worst: worst.state, said });
    if (why !== undefined) violations.push(why);
  }
  violations.push(
    ...(await lostEvents(client, { known: pristine.events.slice(0, worst.events), said })),
    ...(await unfoundedWords(said)),
  );
  const aside = await setAsideIn(home);
  if (aside.length > 0 && said.length === 0) violations.push(`${aside.join(', ')} was set aside and nothing was said`);
  if (damages.length === 0 && said.length > 0) violations.push('nothing was damaged, and something was said');
  const isLeft = [...state].some(
    ([key, json]) => key.startsWith('app ') && json.includes(`"name":"${pristine.running}"`),
  );
  violations.push(...(await complaintsOf(up, client, isLeft ? pristine.running : undefined)));
  if (isTwice) violations.push(...(await secondLook(surroundings, { home, state })));
  return {
    violations,
    readyMs: up.readyMs,
    wasSaid: said.length > 0,
    differing: differing.length,
    wasRestored: said.some(({ restored }) => restored.length > 0),
    said: said.map(({ found, done }) => `${found} ${done}`),
  };
}

function differences({ state: acknowledged }: Pristine, state: State): string[] {
  const keys = new Set([...acknowledged.keys(), ...state.keys()]);
  return [...keys].filter((key) => acknowledged.get(key) !== state.get(key));
}

/**
 * A file that lost its end cannot be told from one that was never written so far: then all of it is as it was a moment
 * before, as after a power cut at that moment.
 */
function isEarlier({ states }: Pristine, state: State): boolean {
  return states.some((each) => equal(each, state));
}

interface Difference {
  readonly key: string;
  readonly pristine: Pristine;
  readonly state: State;
  readonly worst: State;
  readonly said: readonly DamageEvent[];
}

/**
 * A record may be as old as the newest snapshot has it, and be gone where there is none, but no older; and it must have
 * been said.
 */
function whyNotAllowed({ key, pristine, state, worst, said }: Difference): string | undefined {
  const is = state.get(key);
  const allowed = [worst.get(key), ...pristine.states.map((each) => each.get(key))];
  if (!allowed.includes(is)) return `${key} is ${is}, not ${pristine.state.get(key)}, nor ${worst.get(key)}`;
  const isTold = said.some(({ older, lost, restored }) => {
    const guid = key.split(' ')[1] ?? '';
    const name = JSON.parse(is ?? pristine.state.get(key) ?? '{}') as { name?: string; url?: string };
    const names = [guid, guid.slice(0, 8), name.name, name.url].filter((each) => each !== undefined);
    const isNamed = [...older, ...lost, ...restored].some((each) => names.some((text) => each.includes(text)));
    return isNamed || lost.some((each) => /after the snapshot|^all apps/.test(each));
  });
  return isTold ? undefined : `${key} is not as it was, and that was not said`;
}

interface KnownEvents {
  readonly known: readonly string[];
  readonly said: readonly DamageEvent[];
}

/** Later events than the newest snapshot knows of may be gone without a word: nobody can know of them. */
async function lostEvents(client: Client, { known, said }: KnownEvents): Promise<string[]> {
  const present = new Set(await client.events());
  const missing = known.filter((guid) => !present.has(guid)).length;
  if (missing === 0 || said.some(({ lost }) => lost.includes('events of apps'))) return [];
  return [`${missing} of ${known.length} events are gone, and that was not said`];
}

/** Whatever is said to be kept must lie there, and what is said must mean something. */
async function unfoundedWords(said: readonly DamageEvent[]): Promise<string[]> {
  const unfounded: string[] = [];
  for (const { found, keptIn, restored, older, lost } of said) {
    const isKept = keptIn !== undefined && (await stat(keptIn).catch(() => undefined)) !== undefined;
    if (keptIn !== undefined && !isKept) unfounded.push(`${keptIn} is said to be kept and is not there`);
    if (!isKept && [...restored, ...older, ...lost].length === 0) unfounded.push(`'${found}' has no consequence`);
  }
  return unfounded;
}

/** The platform must be of use, and stop when it is asked to. */
async function complaintsOf(up: Up, client: Client, running: string | undefined): Promise<string[]> {
  const complaints: string[] = [];
  try {
    if (running !== undefined) {
      const serves = async () => ((await servesIn(up, running)) ? true : undefined);
      await waitFor(`${running} to serve`, serves, { limitMs: serveLimitMs, everyMs: 20 });
    }
    await client.makeAndDelete('probe');
  } catch (error) {
    complaints.push(messageOf(error));
  }
  const code = await up.stop();
  return code === 0 ? complaints : [...complaints, `it ended with ${code}`];
}

/** Whatever was restored must be so for good. */
async function secondLook(
  surroundings: Surroundings,
  { home, state }: { home: string; state: State },
): Promise<string[]> {
  await using again = await runUp(surroundings, home, startLimitMs);
  const now = await (await Client.logIn(again.url, home)).state();
  await again.stop();
  const keys = new Set([...now.keys(), ...state.keys()]);
  const changed = [...keys].filter((key) => now.get(key) !== state.get(key));
  return [
    ...changed.map((key) => `${key} changed with the next start`),
    ...again.said().map(({ found }) => `the next start says: ${found}`),
  ];
}
