import type { App } from '#contract/api/resources.ts';
import { ActionableError } from '#ground/errors.ts';
import type { Strategy } from '../app/roll-out.ts';
import type { Cli } from '../cli.ts';
import { Progress } from '../progress.ts';
import { ContentHashes } from '../push/content-hashes.ts';
import { runPrePush } from '../push/run-hooks.ts';
import { type DeployedVersion, deployVersion, VersionFailed } from './deploy-version.ts';
import { listOnce } from './kept-listing.ts';
import { type Planner, sourceFor, type WatchPlan } from './plan-watch.ts';
import { seekPlatform } from './seek-platform.ts';
import { differing, type Version } from './versions.ts';

/** What became of a version. It may hold other files than it was begun with: hooks make some. */
export type Outcome =
  | { readonly kind: 'served'; readonly version: Version; readonly deployed: DeployedVersion }
  | { readonly kind: 'failed'; readonly version: Version; readonly failure: VersionFailed | ActionableError }
  /** Something else is to be watched from now on. */
  | { readonly kind: 'moved' }
  | { readonly kind: 'lost'; readonly message: string }
  | { readonly kind: 'ended' };

/** Pushes one version of an app after the other, and repeats nothing that it did for the one before. */
export class AppPusher {
  readonly hashes = new ContentHashes();
  readonly strategy: Strategy;
  readonly #cli: Cli;
  readonly #planner: Planner;
  #plan: WatchPlan;
  /** The settings the plan was made of; absent where it was made just now. */
  #planned: Version['settings'] | undefined;
  /** With the settings of the plan; absent where they have to be sent. */
  #app: App | undefined;
  #packageGuid: string | undefined;

  constructor(cli: Cli, { planner, plan, strategy }: { planner: Planner; plan: WatchPlan; strategy: Strategy }) {
    this.strategy = strategy;
    this.#cli = cli;
    this.#planner = planner;
    this.#plan = plan;
  }

  get plan(): WatchPlan {
    return this.#plan;
  }

  get app(): App | undefined {
    return this.#app;
  }

  /**
   * @param loudly shows how it goes, as `push` does
   * @throws ActionableError NOT_FOUND when the app is gone; when it is pushed for the first time, all but VersionFailed
   */
  async push(version: Version, { signal, loudly }: PushOptions): Promise<Outcome> {
    const cli = loudly ? { ...this.#cli, signal } : quietly(this.#cli, signal);
    if (loudly) cli.progress.step(`Pushing ${this.#plan.plan.name} from ${this.#plan.plan.path}`);
    try {
      if (await this.#isElsewhere(version)) return { kind: 'moved' };
      const { made, source } = await this.#make(cli, version);
      const deployed = await deployVersion(cli, { plan: this.#plan.plan, source }, this);
      this.#app = deployed.app;
      this.#packageGuid = deployed.packageGuid;
      return { kind: 'served', version: made, deployed };
    } catch (error) {
      if (signal.aborted) return { kind: 'ended' };
      return this.#outcomeOf(error, version);
    }
  }

  /** Waits for a platform that is gone. @returns whether it has the version that served last */
  async seekPlatform(): Promise<boolean> {
    const isSame = await seekPlatform(this.#cli, { appGuid: this.#app?.guid, packageGuid: this.#packageGuid });
    if (!isSame) this.#app = undefined;
    return isSame;
  }

  /** Plans anew where manifests changed. @returns whether something else is to be watched now */
  async #isElsewhere({ settings }: Version): Promise<boolean> {
    const isOld = this.#planned !== undefined && differing(this.#planned, settings).length > 0;
    const before = this.#plan;
    if (isOld) {
      const fresh = await this.#planner.plan();
      refuseRenaming(before.plan.name, fresh.plan.name);
      this.#plan = fresh;
      this.#app = undefined;
    }
    const isElsewhere = placeOf(this.#plan) !== placeOf(before);
    this.#planned = isElsewhere ? undefined : settings;
    return isElsewhere;
  }

  async #make(cli: Cli, version: Version) {
    const { plan, folder, leftOut } = this.#plan;
    if (plan.prePush.length > 0) await runPrePush(cli, plan, this.#app === undefined ? 'create' : 'update');
    const files = plan.prePush.length > 0 ? await listOnce(folder, leftOut) : version.files;
    const source = sourceFor(this.#plan, files);
    // What is uploaded as it is would not be read otherwise, and could not be compared.
    if (source.kind === 'archive') await this.hashes.all(folder, files);
    return { made: { ...version, files }, source };
  }

  #outcomeOf(error: unknown, version: Version): Outcome {
    if (error instanceof VersionFailed) {
      this.#app = error.app;
      return { kind: 'failed', version, failure: error };
    }
    const isFirst = this.#packageGuid === undefined && this.#app === undefined;
    if (!(error instanceof ActionableError) || isFirst || error.code === 'NOT_FOUND') throw error;
    if (error.code === 'NOBODY_ANSWERED') return { kind: 'lost', message: error.message };
    return { kind: 'failed', version, failure: error };
  }
}

interface PushOptions {
  /** Gives it up. */
  readonly signal: AbortSignal;
  readonly loudly: boolean;
}

function placeOf({ folder, leftOut, settings, plan }: WatchPlan): string {
  return JSON.stringify([folder, plan.path, leftOut, [...settings].sort()]);
}

function refuseRenaming(name: string, fresh: string): void {
  if (fresh === name) return;
  throw new ActionableError(
    'BAD_INPUT',
    `The manifest is of ${fresh} now, and this watch is of ${name}.`,
    `End this one with Ctrl-C and watch ${fresh}, or name the app as before.`,
  );
}

/** The same command line with nobody listening: how it went is told when it is over. */
function quietly(cli: Cli, signal: AbortSignal): Cli {
  const write = (content: string | Uint8Array) => {
    const text = String(content).trimEnd();
    if (text.startsWith('warning')) cli.progress.line(text);
  };
  return { ...cli, signal, progress: new Progress({ write }, {}) };
}
