import * as v from 'valibot';
import { type App, Deployment } from '#contract/api/resources.ts';
import { ActionableError } from '#ground/errors.ts';
import type { ApiClient } from '../api-client.ts';
import { printable } from '../style.ts';

/** Longer than any instance may take to become healthy, and to show that it stays so. */
const limitMs = 330_000;
const waitSeconds = 30;

const Synced = v.looseObject({
  instances: v.array(v.looseObject({ index: v.number(), error: v.nullish(v.string()) })),
});

export interface LayerTarget {
  readonly app: App;
  /** Guid of the droplet over which it is laid. */
  readonly base: string;
}

/**
 * Deploys a layer, and resolves when it serves.
 * @returns what rejects when it fails in its first seconds
 * @throws ActionableError API_REFUSED where no layer can be laid; START_UNSUCCESSFUL
 */
export async function deployLayer(
  api: ApiClient,
  { app, base }: LayerTarget,
  layer: Buffer,
  signal: AbortSignal,
): Promise<{ proved: Promise<void> }> {
  const path = `/localpaas/v1/apps/${app.guid}/layers?base=${base}`;
  const answer = await api.exchange(path, tarCall(layer, signal));
  const begun = await api.read(answer, Deployment, `POST ${path}`);
  const serving = await until(api, begun, (phase) => phase === 'PROVING', signal);
  if (serving.status.value === 'FINALIZED') throwIfNotDeployed(app, serving);
  const proved = until(api, serving, () => false, signal).then((ended) => throwIfNotDeployed(app, ended));
  proved.catch(() => {}); // whoever it is told to may look at it later
  return { proved };
}

/** Puts a layer into the instances that run. @throws ActionableError API_REFUSED, START_UNSUCCESSFUL with what DEAs say */
export async function syncLayer(
  api: ApiClient,
  { app, base }: LayerTarget,
  layer: Buffer,
  signal: AbortSignal,
): Promise<void> {
  const path = `/localpaas/v1/apps/${app.guid}/sync?base=${base}`;
  const answer = await api.exchange(path, tarCall(layer, signal));
  const { instances } = await api.read(answer, Synced, `POST ${path}`);
  const failed = instances.filter(({ error }) => error);
  if (failed.length === 0 && instances.length > 0) return;
  const why = failed.map(({ index, error }) => `instance ${index}: ${printable(error ?? '')}`).join('; ');
  throw new ActionableError(
    'START_UNSUCCESSFUL',
    `The files of ${app.name} could not be brought to all instances: ${why || 'none answered'}.`,
    `\`localpaas restart ${app.name}\` starts them with the files of now.`,
  );
}

function tarCall(layer: Buffer, signal: AbortSignal) {
  return { method: 'POST', headers: { 'content-type': 'application/x-tar' }, body: layer, signal };
}

/** Follows a deployment until it is over, or as far as that. */
async function until(
  api: ApiClient,
  begun: Deployment,
  isEnough: (phase: string) => boolean,
  signal: AbortSignal,
): Promise<Deployment> {
  const endsAt = performance.now() + limitMs;
  for (let now = begun; ; ) {
    const phase = now.status.details.phase ?? 'OVER';
    const isOver = now.status.value === 'FINALIZED';
    if (isOver || isEnough(phase) || performance.now() > endsAt) return now;
    const path = `/localpaas/v1/deployments/${now.guid}?phase=${phase}&wait=${waitSeconds}`;
    const answer = await api.exchange(path, { idleMs: 2 * waitSeconds * 1000, signal });
    now = await api.read(answer, Deployment, `GET ${path}`);
  }
}

function throwIfNotDeployed({ name }: App, { status }: Deployment): void {
  if (status.reason === 'DEPLOYED') return;
  const why = printable(status.details.error ?? 'it took too long').replace(/\.$/, '');
  throw new ActionableError(
    'START_UNSUCCESSFUL',
    `${name} was not changed: ${why}. What ran before goes on.`,
    `\`localpaas logs ${name} --recent\` shows all it said, \`localpaas events ${name}\` what happened to it.`,
  );
}
