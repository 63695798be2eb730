import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import { call } from '#ground/http-client.ts';
import { waitFor } from '#ground/wait.ts';
import { runProgram, succeeded } from '../bench/run-program.ts';
import { environmentIn, type Surroundings } from '../bench/surroundings.ts';
import { runUp, type Up } from './run-up.ts';
import { Client, eventsInSnapshot, isWhole, type State, stateInSnapshot } from './state.ts';

/** A home that nobody has damaged yet, and what its platform acknowledged. */
export interface Pristine {
  readonly name: 'stopped' | 'killed';
  readonly home: string;
  readonly state: State;
  /** The newest snapshot's state and those after each of the last changes, which no snapshot has. */
  readonly states: readonly State[];
  /** Guids of what was recorded to have happened, in that order. */
  readonly events: readonly string[];
  /** The app that is to run. */
  readonly running: string;
}

const startLimitMs = 30_000;
const Guid = v.looseObject({ guid: v.string() });
const page = `require('node:http').createServer((_, r) => r.end('fresh')).listen(process.env.PORT, process.env.VCAP_APP_HOST);\n`;

/** Makes a home with a history, twice: as a stopped platform leaves it, and as a killed one does. */
export async function makePristine(surroundings: Surroundings): Promise<readonly [Pristine, Pristine]> {
  const home = join(surroundings.scratch, 'pristine');
  await mkdir(home, { recursive: true });
  const app = join(surroundings.scratch, 'app');
  await mkdir(app, { recursive: true });
  await writeFile(join(app, 'app.js'), page);
  await using up = await runUp(surroundings, home, startLimitMs);
  const guids = await populate(surroundings, { home, app, up });
  const client = await Client.logIn(up.url, home);
  const before = await client.state();
  await awaitSnapshotOf(home, before);
  const snapshots = join('cloud-controller', 'snapshots');
  const old = join(surroundings.scratch, 'snapshots');
  await cp(join(home, snapshots), old, { recursive: true });
  const events = await client.events();
  const states = await changeAgain(client, guids, before);
  await up.kill();
  const killed = join(surroundings.scratch, 'killed');
  await cp(home, killed, { recursive: true, preserveTimestamps: true });
  // A second later there would have been another one; a busy machine needs longer than that for the changes.
  await rm(join(killed, snapshots), { recursive: true });
  await cp(old, join(killed, snapshots), { recursive: true });
  const state = states.at(-1) ?? before;
  const running = 'serves';
  return [
    await stopped(surroundings, home, { state, running }),
    { name: 'killed', home: killed, state, states, events, running },
  ];
}

interface Place {
  readonly home: string;
  /** The files of an app. */
  readonly app: string;
  readonly up: Up;
}

/** Several apps, routes, packages and droplets; some were changed, some were deleted. */
async function populate(surroundings: Surroundings, { home, app, up }: Place): Promise<ReadonlyMap<string, string>> {
  const env = environmentIn(home, surroundings);
  const [program, ...first] = surroundings.command;
  const run = async (...args: string[]) =>
    succeeded(args.join(' '), await runProgram({ program, args: [...first, ...args], env }, surroundings));
  await run('push', app, '--name', 'serves');
  for (const name of ['idle', 'twice', 'gone']) await run('push', app, '--name', name, '--no-start');
  await run('push', app, '--name', 'twice', '--no-start');
  await run('delete', 'gone', '--force');
  const client = await Client.logIn(up.url, home);
  const space = await client.guidOf('/v3/spaces');
  const domain = await client.guidOf('/v3/domains');
  const relationships = { space: { data: { guid: space } } };
  const guids = new Map<string, string>();
  for (let number = 0; number < 6; number += 1) {
    const name = `plain-${number}`;
    const made = v.parse(Guid, await client.change('POST', '/v3/apps', { name, relationships }));
    guids.set(name, made.guid);
    const variables = { var: { NAME: name, TEXT: `grüße "${number}"\n${'long '.repeat(40 * number)}` } };
    await client.change('PATCH', `/v3/apps/${made.guid}/environment_variables`, variables);
    const place = { ...relationships, domain: { data: { guid: domain } } };
    const route = v.parse(Guid, await client.change('POST', '/v3/routes', { host: name, relationships: place }));
    guids.set(`route-${number}`, route.guid);
    const destinations = [{ app: { guid: made.guid } }];
    await client.change('POST', `/v3/routes/${route.guid}/destinations`, { destinations });
  }
  await client.change('DELETE', `/v3/apps/${guids.get('plain-5')}`);
  return guids;
}

/** Changes after the newest snapshot. @returns the state before them, and the one after each */
async function changeAgain(client: Client, guids: ReadonlyMap<string, string>, before: State): Promise<State[]> {
  const states: State[] = [before];
  const note = (key: string, value: string | undefined) => {
    const state = new Map(states.at(-1));
    if (value === undefined) state.delete(key);
    else state.set(key, value);
    states.push(state);
  };
  const change = async (name: string, path: string, method: string, body: object) => {
    const guid = guids.get(name) ?? '';
    await client.change(method, `/v3/apps/${guid}/${path}`, body);
    note(`app ${guid}`, await client.app(guid));
  };
  const set = (name: string, value: string) => change(name, 'environment_variables', 'PATCH', { var: { LAST: value } });
  await set('plain-0', 'first');
  await set('plain-1', 'only');
  await change('plain-2', 'processes/web/actions/scale', 'POST', { instances: 3 });
  const route = guids.get('route-3');
  await client.change('DELETE', `/v3/routes/${route}`);
  note(`route ${route}`, undefined);
  await set('plain-0', 'second');
  return states;
}

async function stopped(
  surroundings: Surroundings,
  home: string,
  { state, running }: Pick<Pristine, 'state' | 'running'>,
): Promise<Pristine> {
  await using up = await runUp(surroundings, home, startLimitMs);
  const client = await Client.logIn(up.url, home);
  await waitFor(`${running} to run`, async () => ((await servesIn(up, running)) ? true : undefined), {
    limitMs: startLimitMs,
    everyMs: 20,
  });
  if (!equal(await client.state(), state)) throw new Error('The platform lost something when it was killed.');
  const events = await client.events();
  await up.stop();
  if (!equal((await newestIn(home)).state, state)) throw new Error('The snapshot of the stopped platform is behind.');
  return { name: 'stopped', home, state, states: [state], events, running };
}

/** Whether an app answers through the router. */
export async function servesIn({ url }: Pick<Up, 'url'>, app: string): Promise<boolean> {
  const answer = await call(`${url}/`, { headers: { host: `${app}.localhost:${new URL(url).port}` } });
  return (await answer.text()) === 'fresh' && answer.status === 200;
}

/** What the newest snapshot knows that is whole. */
export interface Known {
  readonly state: State;
  /** How many events there were. */
  readonly events: number;
}

/** Nothing, when there is no snapshot that is whole. */
export async function newestIn(home: string): Promise<Known> {
  const directory = join(home, 'cloud-controller', 'snapshots');
  const names = await readdir(directory).catch(() => []);
  for (const name of names
    .filter((each) => /^\d+\.state$/.test(each))
    .sort()
    .reverse()) {
    const text = await readFile(join(directory, name), 'utf8').catch(() => '');
    if (isWhole(text)) return { state: stateInSnapshot(text), events: eventsInSnapshot(text) };
  }
  return { state: new Map(), events: 0 };
}

async function awaitSnapshotOf(home: string, state: State): Promise<void> {
  const isWritten = async () => (equal((await newestIn(home)).state, state) ? true : undefined);
  await waitFor('the snapshot to be written', isWritten, { limitMs: 10_000, everyMs: 20 });
}

export function equal(one: State, other: State): boolean {
  return one.size === other.size && [...one].every(([key, text]) => other.get(key) === text);
}
