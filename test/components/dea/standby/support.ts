import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { StartRequest } from '#contract/dea.ts';
import { waitFor } from '#ground/wait.ts';
import type { Scope } from '../../../support/spec.ts';
import { layerOf } from '../layer/support.ts';
import {
  type Droplet,
  dropletOf,
  type Peer,
  processesOf,
  requestFor,
  start,
  stateIn,
  type TestDea,
} from '../support.ts';

/** As the stager has `startup` run an app of node. */
export const nodeCommand = '%VCAP_LOCAL_RUNTIME% $NODE_ARGS app.js $@';

/** An app that answers with a text. */
export const answering = (text: string) =>
  `require('http').createServer((_, response) => response.end(${JSON.stringify(text)})).listen(process.env.PORT);`;

export function watchedDroplet(scope: Scope, files: Readonly<Record<string, string>> = {}): Promise<Droplet> {
  return dropletOf(scope, nodeCommand, { 'app/app.js': answering('v0'), ...files });
}

type Changes = Partial<StartRequest>;

/** A start of an app that is being watched: version `n`, whose files a layer brings but for the first. */
export async function watchedRequest(scope: Scope, droplet: Droplet, n: number, changes: Changes = {}) {
  const layer = n === 0 ? null : await layerOf(scope, { 'app/app.js': answering(`v${n}`) });
  return requestFor(droplet, { droplet: 'watched', version: `v${n}`, standby: true, layer, ...changes });
}

export interface Ready {
  readonly instance: string;
  readonly port: number | null;
  /** Whether a process waits. */
  readonly waits: boolean;
}

/** The standby that is made next, or was made after the first `already`. */
export function untilStandby({ logged }: TestDea, already = 0): Promise<Ready> {
  const ready = () => logged.filter(({ event }) => event === 'standby is ready')[already]?.fields;
  return waitFor('a standby', () => ready() as Ready | undefined, { limitMs: 15_000 }); // as the dea logs it
}

/** Starts an instance beside others of the same app, and waits until it runs. */
export async function startAnother(dea: Peer, request: StartRequest) {
  const known = new Set(dea.heartbeats.messages.flatMap(({ droplets }) => droplets.map(({ instance }) => instance)));
  const registered = dea.registered.messages.length;
  start(dea, request);
  const heartbeat = await dea.heartbeats.first((message) => {
    return stateIn(message, request) === 'RUNNING' && message.droplets.some(({ instance }) => !known.has(instance));
  });
  const { instance = '' } = heartbeat.droplets.find((each) => !known.has(each.instance)) ?? {};
  const port = await waitFor(
    'its route',
    () => dea.registered.messages.slice(registered).find(({ app }) => app === request.droplet)?.port,
    { limitMs: 15_000 },
  );
  return { instance, port, app: request.droplet };
}

export async function textAt(port: number): Promise<string> {
  return (await fetch(`http://127.0.0.1:${port}/`)).text();
}

/** Waits until a DEA has the directories of these instances and of no others, and nothing else runs. */
export async function untilOnlyLeft({ dataDir }: Peer, instances: readonly string[]): Promise<void> {
  const isSo = async () => {
    const names = await readdir(join(dataDir, 'instances'));
    return names.length === instances.length && instances.every((id) => names.some((name) => name.endsWith(id)));
  };
  await waitFor('standbys to be gone', async () => ((await isSo()) ? true : undefined), { limitMs: 15_000 });
}

export async function untilEnded(instance: string): Promise<void> {
  const isSo = async () => ((await processesOf(instance)).length === 0 ? true : undefined);
  await waitFor(`the processes of ${instance} to end`, isSo, { limitMs: 15_000 });
}
