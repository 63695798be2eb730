import { randomUUID } from 'node:crypto';
import { ApiError } from '#contract/api/errors.ts';
import { withDroplet } from '../changes/current-droplet.ts';
import type { CloudControllerOptions } from '../options.ts';
import type { AppRecord, DeploymentRecord, DropletRecord, RevisionRecord } from '../records.ts';
import { asOf, dropletOf, revisionFor, versionNamed } from '../revisions.ts';
import type { Store } from '../store.ts';
import type { Deploying } from './deployment-run.ts';

/** What is to take over: another droplet, an earlier revision, or what is set now. */
export type DeploymentWish =
  | {
      readonly droplet: DropletRecord;
      /** Rejects when its record, or what it needs, cannot be stored; absent where it is. */
      readonly stored?: Promise<unknown>;
    }
  | { readonly revision: RevisionRecord }
  | Readonly<Record<string, never>>;

/** The records of a deployment, which are being stored. @throws ApiError 422 without a droplet, 404 without an app */
export function prepare(store: Store, guid: string, wish: DeploymentWish, options: CloudControllerOptions): Deploying {
  const before = store.get('app', guid);
  if (before === undefined) throw new ApiError('CF-ResourceNotFound', 'App not found');
  const { revision: made, isNew } = revisionFor(store, wished(before, wish, options));
  const revision = 'revision' in wish ? rolledBack(made, wish.revision as RevisionRecord) : made;
  const droplet = 'droplet' in wish ? (wish.droplet as DropletRecord) : store.get('droplet', revision.droplet);
  if (droplet === undefined) {
    throw new ApiError('CF-UnprocessableEntity', 'Invalid droplet. Assign a droplet before deploying this app.');
  }
  const runCount = before.runCount + 1;
  const now = new Date().toISOString();
  const record: DeploymentRecord = {
    guid: randomUUID(),
    createdAt: now,
    updatedAt: now,
    app: guid,
    revision: revision.guid,
    droplet: droplet.guid,
    version: versionNamed(droplet, runCount),
    previousDroplet: dropletOf(store, before)?.guid ?? null,
    state: 'ACTIVE',
    reason: null,
  };
  const stored = Promise.all([
    store.create('deployment', record),
    isNew ? store.create('revision', revision) : undefined,
    'stored' in wish ? wish.stored : undefined,
  ]);
  stored.catch(() => {}); // told to whoever began it
  return { record, revision, droplet, before, runCount, stored };
}

function wished(app: AppRecord, wish: DeploymentWish, options: CloudControllerOptions): AppRecord {
  if ('droplet' in wish) return withDroplet(app, wish.droplet as DropletRecord, options);
  return 'revision' in wish ? asOf(app, wish.revision as RevisionRecord) : app;
}

function rolledBack(revision: RevisionRecord, to: RevisionRecord): RevisionRecord {
  return { ...revision, description: `Rolled back to revision ${to.number}.` };
}
