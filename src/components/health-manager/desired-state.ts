import * as v from 'valibot';
import { type BulkApp, BulkPage, bulkCredentialsOf } from '#contract/health.ts';
import type { Bus } from '#ground/bus.ts';
import { call } from '#ground/http-client.ts';
import type { HealthManagerOptions } from './options.ts';

/** What should run. */
export interface DesiredApp {
  readonly id: string;
  readonly instances: number;
  /** Whether instances should run now: started, and staged. */
  readonly isWanted: boolean;
  /** The version every instance should have. */
  readonly version: string;
  readonly changedAtMs: number;
  /** Whether anybody can ask for it; so it is taken where nobody knows. */
  readonly isReachable: boolean;
  /** After how long without a request it may be stopped, in ms; null is never. Absent where the cloud controller does not say. */
  readonly idleStopMs?: number | null;
  readonly state: string;
  readonly packageState: string;
  /** As the cloud controller wrote it; goes back with every request. */
  readonly lastUpdated: string | number;
}

export type DesiredState = ReadonlyMap<string, DesiredApp>;

const batchSize = 500;

/**
 * Reads the whole desired state from the cloud controller's bulk API.
 * @throws Error when the cloud controller does not answer, or not what it should
 */
export async function readDesiredState(
  bus: Bus,
  signal: AbortSignal,
  { bulkUrl, partition }: Pick<HealthManagerOptions, 'bulkUrl' | 'partition'>,
): Promise<DesiredState> {
  const { user, password, url = bulkUrl } = await bus.ask(bulkCredentialsOf(partition), null, { limitMs: 2_000 });
  if (url === undefined) throw new Error('The cloud controller did not say where its bulk API is.');
  const authorization = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
  const desired = new Map<string, DesiredApp>();
  let token = '{}';
  for (;;) {
    const query = `batch_size=${batchSize}&bulk_token=${encodeURIComponent(token)}`;
    const answer = await call(`${url}/bulk/apps?${query}`, { headers: { authorization }, signal });
    if (answer.status !== 200) {
      answer.discard();
      throw new Error(`The bulk API answered ${answer.status}.`);
    }
    const page = v.parse(BulkPage, await answer.json());
    const apps = Object.values(page.results);
    if (apps.length === 0) return desired;
    for (const app of apps) desired.set(app.id, desiredAppOf(app));
    token = JSON.stringify(page.bulk_token);
  }
}

function desiredAppOf(app: BulkApp): DesiredApp {
  const changedAtMs = typeof app.updated_at === 'number' ? app.updated_at * 1000 : Date.parse(app.updated_at);
  return {
    id: app.id,
    instances: app.instances,
    isWanted: app.state === 'STARTED' && app.package_state === 'STAGED' && app.version !== null,
    version: app.version ?? '',
    changedAtMs: Number.isNaN(changedAtMs) ? 0 : changedAtMs,
    isReachable: app.uris === undefined || app.uris.length > 0,
    ...(app.idle_stop_seconds === undefined ? {} : { idleStopMs: inMs(app.idle_stop_seconds) }),
    state: app.state,
    packageState: app.package_state,
    // The cloud controller of 2012 compares it with seconds of its own, and stops nothing when it is another.
    lastUpdated: Number.isNaN(changedAtMs) ? app.updated_at : Math.floor(changedAtMs / 1000),
  };
}

function inMs(seconds: number | null): number | null {
  return seconds === null ? null : seconds * 1000;
}
