import { type App, Deployment } from '#contract/api/resources.ts';
import { ActionableError } from '#ground/errors.ts';
import type { ApiClient } from '../api-client.ts';
import type { Cli } from '../cli.ts';
import { poll } from '../poll.ts';
import { printable } from '../style.ts';
import { showLogSince } from './show-log.ts';

/** How another version of an app comes to run: beside the one that runs, or in its place. */
export type Strategy = 'rolling' | 'in-place';

/** Longer than any instance may take to become healthy, and to show that it stays so. */
const limitMs = 330_000;

/** What takes over: a droplet, an earlier revision, or what is set now. */
export type RollOutWish =
  | { readonly droplet: string }
  | { readonly revision: string }
  | Readonly<Record<string, never>>;

export interface RollOutOptions {
  readonly wait: boolean;
  /** Log lines from what it returns on are of this start. */
  readonly logFrom: () => Promise<bigint>;
  /** Told once or more that it serves, while it has yet to prove itself. */
  readonly onServing?: (() => void) | undefined;
}

/**
 * Has another version take over from the one that runs, which goes on when the new one is no good.
 * @throws ActionableError START_UNSUCCESSFUL when it came to nothing, after its last log lines were shown
 */
export async function rollOut(
  cli: Cli,
  api: ApiClient,
  app: App,
  wish: RollOutWish,
  { wait, logFrom, onServing = () => {} }: RollOutOptions,
): Promise<void> {
  const from = await logFrom();
  const body = {
    strategy: 'rolling',
    ...('droplet' in wish ? { droplet: { guid: wish.droplet } } : {}),
    ...('revision' in wish ? { revision: { guid: wish.revision } } : {}),
    relationships: { app: { data: { guid: app.guid } } },
  };
  const { guid } = await api.post('/v3/deployments', body, Deployment);
  if (!wait) return;
  const ended = await poll(() => look(cli, api, guid, onServing), { limitMs, signal: cli.signal });
  if (ended?.status.reason === 'DEPLOYED') return;
  const why = printable(ended?.status.details.error ?? 'it took too long').replace(/\.$/, '');
  if (ended?.status.reason === 'SUPERSEDED') throw superseded(app, why);
  await showLogSince(cli, api, app, from);
  throw new ActionableError(
    'START_UNSUCCESSFUL',
    `${app.name} was not changed: ${why}. What ran before goes on.`,
    next(app, why),
  );
}

async function look(cli: Cli, api: ApiClient, guid: string, onServing: () => void): Promise<Deployment | undefined> {
  const deployment = await api.get(`/v3/deployments/${guid}`, Deployment);
  const { value, details } = deployment.status;
  if (value === 'FINALIZED') return deployment;
  if (details.phase === 'PROVING') onServing();
  cli.progress.detail(details.phase === 'PROVING' ? 'it serves; the version before stands by' : 'beside what runs');
  return undefined;
}

/** Two copies need room for two; nothing else helps where there is none. */
function next({ name }: App, why: string): string {
  const log = `\`localpaas logs ${name} --recent\` shows all it said, \`localpaas events ${name}\` what happened to it.`;
  const isRoom = /memory|room/i.test(why) && why.includes('cannot be started');
  return isRoom
    ? `With \`--strategy in-place\` the old version makes room first, and requests wait meanwhile. ${log}`
    : log;
}

function superseded({ name }: App, why: string): ActionableError {
  return new ActionableError(
    'START_UNSUCCESSFUL',
    `This version of ${name} was given up: ${why}.`,
    `\`localpaas app ${name}\` shows what runs.`,
  );
}
