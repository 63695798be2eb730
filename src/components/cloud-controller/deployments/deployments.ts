import { randomUUID } from 'node:crypto';
import { ApiError } from '#contract/api/errors.ts';
import { sayInAppLog } from '../app-log.ts';
import type { BackgroundWork } from '../background-work.ts';
import { withDroplet } from '../changes/current-droplet.ts';
import type { EventLog } from '../events.ts';
import type { CloudControllerOptions } from '../options.ts';
import type { AppRecord, DeploymentRecord, DropletRecord, RevisionRecord } from '../records.ts';
import { asOf, dropletOf, revisionFor, versionNamed } from '../revisions.ts';
import { type Deploying, DeploymentRun, type Outcome, type Phase, type RunParts } from './deployment-run.ts';

export interface DeploymentsParts extends RunParts {
  readonly events: EventLog;
  readonly background: BackgroundWork;
  readonly options: CloudControllerOptions;
  readonly signal: AbortSignal;
}

/** What is to take over: another droplet, an earlier revision, or what is set now. */
export type DeploymentWish =
  | { readonly droplet: DropletRecord }
  | { readonly revision: RevisionRecord }
  | Readonly<Record<string, never>>;

/** A version that came to nothing while another one serves. */
export interface Trouble {
  readonly version: string;
  readonly reason: string;
}

interface UnderWay {
  readonly record: DeploymentRecord;
  readonly run: DeploymentRun;
  readonly over: Promise<unknown>;
}

const keptPerApp = 5;
const ofAnEarlierRun = 'the platform ended meanwhile';

/** Deployments: at most one of each app is under way. A newer one takes its place. */
export class Deployments {
  readonly #parts: DeploymentsParts;
  /** By app. */
  readonly #underWay = new Map<string, UnderWay>();
  readonly #troubles = new Map<string, Trouble>();

  constructor(parts: DeploymentsParts) {
    this.#parts = parts;
    const left = parts.store.all('deployment').filter(({ state }) => state === 'ACTIVE');
    parts.background.run('deployments of the last run not ended', async () => {
      for (const { guid } of left) await this.#record(guid, { state: 'CANCELED', reason: ofAnEarlierRun });
    });
  }

  /** Something may have happened to an app. */
  look(app: string): void {
    this.#underWay.get(app)?.run.look();
  }

  /** How far it is. */
  phaseOf({ guid, app }: DeploymentRecord): Phase {
    const underWay = this.#underWay.get(app);
    return underWay?.record.guid === guid ? underWay.run.phase : 'OVER';
  }

  /** The newest version of an app, if it came to nothing. */
  troubleOf(app: string): Trouble | undefined {
    return this.#troubles.get(app);
  }

  /** Begins. @param app is started @throws ApiError 422 without a droplet, 503 when it cannot be stored */
  begin(app: string, wish: DeploymentWish): Promise<DeploymentRecord> {
    return this.#parts.store.exclusively(`deployment of ${app}`, async () => {
      const former = this.#underWay.get(app);
      former?.run.supersede('a newer deployment took its place');
      await former?.over;
      const { record, stored } = this.#start(app, wish);
      await stored;
      return record;
    });
  }

  /** @throws ApiError 422 when it is over */
  async cancel({ guid, app }: DeploymentRecord): Promise<void> {
    const underWay = this.#underWay.get(app);
    if (underWay?.record.guid !== guid) {
      const { state = 'CANCELED' } = this.#parts.store.get('deployment', guid) ?? {};
      throw new ApiError('CF-UnprocessableEntity', `Cannot cancel a ${state} deployment`);
    }
    underWay.run.cancel('it was canceled');
    await underWay.over;
  }

  /** The instances start at once, while the records are being stored. */
  #start(guid: string, wish: DeploymentWish): Deploying {
    const { background, events } = this.#parts;
    const deploying = this.#prepare(guid, wish);
    const { record, stored } = deploying;
    const run = new DeploymentRun(deploying, this.#parts);
    const over = this.#carryOut(deploying, run);
    this.#underWay.set(guid, { record, run, over: over.catch(() => {}) });
    background.run('deployment not carried out', () => over);
    stored.then(
      () => events.record('audit.app.deployment.create', { app: deploying.before }, { deployment_guid: record.guid }),
      () => run.cancel('it could not be stored'),
    );
    return deploying;
  }

  #prepare(guid: string, wish: DeploymentWish): Deploying {
    const { store } = this.#parts;
    const before = store.get('app', guid);
    if (before === undefined) throw new ApiError('CF-ResourceNotFound', 'App not found');
    const wished = this.#wished(before, wish);
    const { revision, isNew } = revisionFor(store, wished);
    const droplet = store.get('droplet', revision.droplet);
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
    const described = 'revision' in wish ? rolledBack(revision, wish.revision) : revision;
    const stored = Promise.all([
      store.create('deployment', record),
      isNew ? store.create('revision', described) : undefined,
    ]);
    stored.catch(() => {}); // told to whoever began it
    return { record, revision: described, before, runCount, stored };
  }

  #wished(app: AppRecord, wish: DeploymentWish): AppRecord {
    if ('droplet' in wish) return withDroplet(app, wish.droplet as DropletRecord, this.#parts.options);
    return 'revision' in wish ? asOf(app, wish.revision as RevisionRecord) : app;
  }

  async #carryOut({ record, before, revision, runCount }: Deploying, run: DeploymentRun): Promise<void> {
    const { bus, events, log, signal, store } = this.#parts;
    const { app, guid } = record;
    sayInAppLog(bus, app, `Deploying revision ${revision.number} of ${before.name} beside what runs`);
    this.#troubles.delete(app);
    try {
      const outcome = await run.run(signal);
      this.#underWay.delete(app);
      log.info('deployment is over', { app, deployment: guid, ...outcome });
      if (outcome.state === 'CANCELED') {
        this.#troubles.set(app, { version: record.version, reason: outcome.reason });
        sayInAppLog(
          bus,
          app,
          `Revision ${revision.number} was given up, for ${outcome.reason}: what ran before goes on`,
        );
        events.record(
          'audit.app.deployment.cancel',
          { app: before },
          { deployment_guid: guid, reason: outcome.reason },
        );
      } else if (outcome.state === 'DEPLOYED') {
        sayInAppLog(bus, app, `Revision ${revision.number} of ${before.name} has taken over`);
      }
      // No other start may carry the version that was given up.
      if (outcome.state !== 'DEPLOYED' && store.get('app', app) !== undefined) {
        await store.update('app', app, (now) => (now.runCount < runCount ? { ...now, runCount } : now));
      }
      await this.#record(guid, outcome);
      await this.#forgetOld(app);
    } finally {
      if (this.#underWay.get(app)?.run === run) this.#underWay.delete(app);
    }
  }

  async #record(guid: string, outcome: Outcome): Promise<void> {
    const { store } = this.#parts;
    if (store.get('deployment', guid) === undefined) return; // gone with its app
    const reason = 'reason' in outcome ? outcome.reason : null;
    await store.update('deployment', guid, (now) => ({ ...now, state: outcome.state, reason }));
  }

  async #forgetOld(app: string): Promise<void> {
    const { store } = this.#parts;
    const all = store.all('deployment').filter((each) => each.app === app && each.state !== 'ACTIVE');
    for (const { guid } of all.slice(0, Math.max(0, all.length - keptPerApp))) await store.delete('deployment', guid);
  }
}

function rolledBack(revision: RevisionRecord, to: RevisionRecord): RevisionRecord {
  return { ...revision, description: `Rolled back to revision ${to.number}.` };
}
