import { ApiError } from '#contract/api/errors.ts';
import { sleep } from '#ground/wait.ts';
import { sayInAppLog } from '../app-log.ts';
import type { BackgroundWork } from '../background-work.ts';
import type { EventLog } from '../events.ts';
import type { CloudControllerOptions } from '../options.ts';
import type { DeploymentRecord } from '../records.ts';
import { urisOf } from '../uris.ts';
import { type Deploying, DeploymentRun, type Refusal } from './deployment-run.ts';
import { type DeploymentWish, prepare } from './prepare.ts';
import type { RunParts } from './run-parts.ts';
import { type Served, Succession, type Verdict } from './succession.ts';

export interface DeploymentsParts extends RunParts {
  readonly events: EventLog;
  readonly background: BackgroundWork;
  readonly options: CloudControllerOptions;
  /** Called when something about an app is to be told that no record shows. */
  readonly toldOf: (app: string) => void;
  readonly signal: AbortSignal;
}

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

/** How far a deployment is; from PROVING on it serves. */
export type Phase = 'STARTING' | 'ROUTING' | 'PROVING' | 'OVER';

const keptPerApp = 5;
const withdrawnLimitMs = 1_000;
const ofAnEarlierRun = 'the platform ended meanwhile';

/** Deployments: at most one of each app is on its way to serve. A newer one takes its place. */
export class Deployments {
  readonly #parts: DeploymentsParts;
  /** By app. */
  readonly #underWay = new Map<string, UnderWay>();
  /** By app, where a version that serves has yet to prove itself. */
  readonly #successions = new Map<string, Succession>();
  readonly #troubles = new Map<string, Trouble>();
  /** Guids of deployments that serve beside what they replace: some requests may still go there. */
  readonly #blending = new Set<string>();

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
    this.#successions.get(app)?.look();
  }

  /** Whether a version of this app is on its way, or has yet to prove itself. */
  isDeploying(app: string): boolean {
    return this.#underWay.has(app) || this.#successions.get(app)?.isOver === false;
  }

  phaseOf(deployment: DeploymentRecord): Phase {
    const underWay = this.#underWay.get(deployment.app);
    if (underWay?.record.guid === deployment.guid) return underWay.run.phase;
    if (!this.#successions.get(deployment.app)?.isProving(deployment)) return 'OVER';
    return this.#blending.has(deployment.guid) ? 'ROUTING' : 'PROVING';
  }

  /** Resolves with the phase when it is another one than this, or it is recorded as over, or after so much time. */
  async untilOther(deployment: DeploymentRecord, phase: Phase, limitMs: number, signal: AbortSignal): Promise<Phase> {
    const endsAt = performance.now() + limitMs;
    for (let pauseMs = 1; ; pauseMs = Math.min(20, pauseMs * 1.05)) {
      const now = this.phaseOf(deployment);
      const isActive = this.#parts.store.get('deployment', deployment.guid)?.state === 'ACTIVE';
      if (now !== phase || !isActive || performance.now() >= endsAt) return now;
      await sleep(pauseMs, signal);
    }
  }

  /** The newest version of an app, if it came to nothing. */
  troubleOf(app: string): Trouble | undefined {
    return this.#troubles.get(app);
  }

  /** Begins. @param app is started @throws ApiError 422 without a droplet, 503 when it cannot be stored */
  begin(app: string, wish: DeploymentWish): Promise<DeploymentRecord> {
    return this.#parts.store.exclusively(`deployment of ${app}`, async () => {
      const former = this.#underWay.get(app);
      former?.run.giveUp({ state: 'SUPERSEDED', reason: 'a newer deployment took its place' });
      await former?.over;
      const { record, stored } = this.#start(app, wish);
      await stored;
      return record;
    });
  }

  /** @throws ApiError 422 when it is over */
  async cancel(deployment: DeploymentRecord): Promise<void> {
    const reason = 'it was canceled';
    const underWay = this.#underWay.get(deployment.app);
    const succession = this.#successions.get(deployment.app);
    if (underWay?.record.guid === deployment.guid) {
      underWay.run.giveUp({ state: 'CANCELED', reason });
      await underWay.over;
    } else if (succession?.isProving(deployment)) await succession.cancel(deployment, reason);
    else {
      const { state = 'CANCELED' } = this.#parts.store.get('deployment', deployment.guid) ?? {};
      throw new ApiError('CF-UnprocessableEntity', `Cannot cancel a ${state} deployment`);
    }
  }

  /** The instances start at once, while the records are being stored. */
  #start(guid: string, wish: DeploymentWish): Deploying {
    const { background, events, store, options } = this.#parts;
    const deploying = prepare(store, guid, wish, options);
    const { record, stored, before } = deploying;
    const run = new DeploymentRun(deploying, this.#parts, (served) => this.#serve(guid, served));
    const over = this.#carryOut(deploying, run);
    this.#underWay.set(guid, { record, run, over: over.catch(() => {}) });
    background.run('deployment not carried out', () => over);
    stored.then(
      () => events.record('audit.app.deployment.create', { app: before }, { deployment_guid: record.guid }),
      () => run.giveUp({ state: 'CANCELED', reason: 'it could not be stored' }),
    );
    return deploying;
  }

  async #carryOut({ record, before, revision, runCount }: Deploying, run: DeploymentRun): Promise<void> {
    const { bus, signal, store } = this.#parts;
    const { app } = record;
    sayInAppLog(bus, app, `Deploying revision ${revision.number} of ${before.name} beside what runs`);
    this.#troubles.delete(app);
    try {
      const refusal = await run.run(signal);
      if (refusal === undefined) return;
      // No other start may carry the version that was given up.
      this.#successions.get(app)?.expect(runCount);
      if (store.get('app', app) !== undefined) {
        await store.update('app', app, (now) => (now.runCount < runCount ? { ...now, runCount } : now));
      }
      await this.#end(record, refusal);
    } finally {
      if (this.#underWay.get(app)?.run === run) this.#underWay.delete(app);
    }
  }

  /** It has to prove itself. */
  #serve(app: string, served: Served): void {
    const known = this.#successions.get(app);
    if (known === undefined || known.isOver) this.#beginSuccession(app, served);
    else known.add(served);
    this.#blend(app, served);
    this.#underWay.delete(app);
    this.#parts.toldOf(app);
  }

  /** Until what served before gets no requests any more, nobody is told that the new version serves. */
  #blend(app: string, { deployment, others }: Served): void {
    const { background, routers, signal, store } = this.#parts;
    const versions = others.filter((each) => each !== deployment.version);
    const uris = urisOf(store, app);
    if (versions.length === 0 || uris.length === 0) return;
    this.#blending.add(deployment.guid);
    background.run('old version not known to be withdrawn', () =>
      routers.untilWithdrawn({ uris, versions }, withdrawnLimitMs, signal).finally(() => {
        this.#blending.delete(deployment.guid);
      }),
    );
  }

  #beginSuccession(app: string, served: Served): void {
    const { background, signal } = this.#parts;
    const succession = new Succession(app, this.#parts, (deployment, verdict) =>
      background.run('end of a deployment not stored', () => this.#end(deployment, verdict)),
    );
    succession.add(served);
    this.#successions.set(app, succession);
    background.run('new version not watched', () =>
      succession.run(signal).finally(() => {
        if (this.#successions.get(app) === succession) this.#successions.delete(app);
      }),
    );
  }

  async #end(deployment: DeploymentRecord, outcome: Verdict | Refusal): Promise<void> {
    const { bus, events, log, store } = this.#parts;
    const { app: guid, version } = deployment;
    log.info('deployment is over', { app: guid, deployment: deployment.guid, ...outcome });
    const app = store.get('app', guid);
    const name = `Revision ${store.get('revision', deployment.revision)?.number ?? ''} of ${app?.name ?? guid}`;
    if (outcome.state === 'DEPLOYED') sayInAppLog(bus, guid, `${name} has taken over`);
    if (outcome.state === 'CANCELED') {
      this.#troubles.set(guid, { version, reason: outcome.reason });
      this.#parts.toldOf(guid);
      sayInAppLog(bus, guid, `${name} was given up, for ${outcome.reason}: what ran before goes on`);
      const facts = { deployment_guid: deployment.guid, reason: outcome.reason };
      if (app !== undefined) events.record('audit.app.deployment.cancel', { app }, facts);
    }
    await this.#record(deployment.guid, outcome);
    await this.#forgetOld(guid);
  }

  async #record(guid: string, outcome: Verdict | Refusal): Promise<void> {
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
