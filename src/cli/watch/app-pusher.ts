import { type App, Droplet } from '#contract/api/resources.ts';
import { ActionableError, systemCodeOf } from '#ground/errors.ts';
import { sleep } from '#ground/wait.ts';
import { standalone, standaloneMode } from '#workload/lifecycle/frameworks.ts';
import { ApiClient } from '../api-client.ts';
import type { Strategy } from '../app/roll-out.ts';
import type { Cli } from '../cli.ts';
import { Progress } from '../progress.ts';
import { ContentHashes } from '../push/content-hashes.ts';
import { runPrePush } from '../push/run-hooks.ts';
import type { Attention } from './attention.ts';
import { type DeployedVersion, deployVersion } from './deploy-version.ts';
import { listOnce } from './kept-listing.ts';
import { type Planner, sourceFor, type WatchPlan } from './plan-watch.ts';
import { QuickDeploy } from './quick-deploy.ts';
import { seekPlatform } from './seek-platform.ts';
import { type Settled, Settling } from './settling.ts';
import { VersionFailed } from './version-failed.ts';
import { differing, type Version } from './versions.ts';

/** What became of a version. It may hold other files than it was begun with: hooks make some. */
export type Outcome =
  | { readonly kind: 'served'; readonly version: Version; readonly deployed: DeployedVersion }
  | { readonly kind: 'failed'; readonly version: Version; readonly failure: VersionFailed | ActionableError }
  /** Something else is to be watched from now on. */
  | { readonly kind: 'moved' }
  | { readonly kind: 'lost'; readonly message: string }
  | { readonly kind: 'ended' };

export interface PusherOptions {
  readonly planner: Planner;
  readonly plan: WatchPlan;
  readonly strategy: Strategy;
  readonly attention: Attention;
  /** Put files into instances that run, where that can be, instead of starting others. */
  readonly isSync: boolean;
}

interface PushOptions {
  /** Gives it up. */
  readonly signal: AbortSignal;
  /** Shows how it goes, as `push` does. */
  readonly loudly: boolean;
}

/** A file that was saved while it was read is saved again soon. */
const torn = { mostTimes: 10, pauseMs: 50 };

/** Pushes one version of an app after the other, and repeats nothing that it did for the one before. */
export class AppPusher {
  readonly hashes = new ContentHashes();
  readonly #cli: Cli;
  readonly #options: PusherOptions;
  readonly #quick: QuickDeploy;
  readonly #settling: Settling;
  #plan: WatchPlan;
  /** The settings the plan was made of; absent where it was made just now. */
  #planned: Version['settings'] | undefined;
  /** With the settings of the plan; absent where they have to be sent. */
  #app: App | undefined;
  #packageGuid: string | undefined;
  #tornTimes = 0;

  constructor(cli: Cli, options: PusherOptions) {
    this.#cli = cli;
    this.#options = options;
    this.#plan = options.plan;
    this.#quick = new QuickDeploy(this.hashes, options.isSync);
    this.#settling = new Settling(this.hashes);
  }

  get plan(): WatchPlan {
    return this.#plan;
  }

  /**
   * @throws ActionableError NOT_FOUND when the app is gone; when it is pushed for the first time, all but VersionFailed
   */
  async push(version: Version, { signal, loudly }: PushOptions): Promise<Outcome> {
    const cli = loudly ? { ...this.#cli, signal } : quietly(this.#cli, signal);
    if (loudly) cli.progress.step(`Pushing ${this.#plan.plan.name} from ${this.#plan.plan.path}`);
    try {
      if (await this.#isElsewhere(version)) return { kind: 'moved' };
      const { made, deployed } = await this.#deploy(cli, version);
      this.#app = deployed.app;
      this.#packageGuid = deployed.packageGuid;
      this.#tornTimes = 0;
      return { kind: 'served', version: made, deployed };
    } catch (error) {
      if (signal.aborted) return { kind: 'ended' };
      return this.#outcomeOf(error, version);
    }
  }

  /** Whether what serves was not staged as a whole. */
  get isUnsettled(): boolean {
    return this.#quick.isUnsettled;
  }

  /**
   * Stages what serves as a whole, and has it take the place of what was put together, without a restart.
   * @throws VersionFailed when it cannot be staged; the signal's reason
   */
  async settle(version: Version, proved: Promise<void>, signal: AbortSignal): Promise<Settled> {
    const app = this.#app;
    if (app === undefined) return { outcome: 'stale' };
    const source = sourceFor(this.#plan, version.files);
    const settled = await this.#settling.settle(quietly(this.#cli, signal), app, { source, proved });
    if (settled.outcome === 'equal') {
      this.#packageGuid = settled.packageGuid;
      this.#quick.settled();
    }
    if (settled.outcome === 'different') this.#quick.close();
    return settled;
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
      const fresh = await this.#options.planner.plan();
      refuseRenaming(before.plan.name, fresh.plan.name);
      this.#plan = fresh;
      this.#app = undefined;
    }
    const isElsewhere = placeOf(this.#plan) !== placeOf(before);
    this.#planned = isElsewhere ? undefined : settings;
    return isElsewhere;
  }

  async #deploy(cli: Cli, version: Version): Promise<{ made: Version; deployed: DeployedVersion }> {
    const { plan, folder, leftOut } = this.#plan;
    const { attention, strategy } = this.#options;
    const isHooked = plan.prePush.length > 0;
    const isQuick = this.#app !== undefined && !isHooked && strategy === 'rolling' && folder === plan.path;
    const quickly = isQuick ? await this.#quick.deploy(cli, this.#app, version.files, folder) : undefined;
    if (quickly !== undefined) return { made: version, deployed: quickly };
    if (isHooked) await runPrePush(cli, plan, this.#app === undefined ? 'create' : 'update');
    const files = isHooked ? await listOnce(folder, leftOut) : version.files;
    const source = sourceFor(this.#plan, files);
    // What is uploaded as it is would not be read otherwise, and could not be compared.
    if (source.kind === 'archive') await this.hashes.all(folder, files);
    const staged = this.#settling.stagedFor(files);
    const deployed = await deployVersion(
      cli,
      { plan, source, staged },
      {
        hashes: this.hashes,
        app: this.#app,
        strategy,
        onRecorded: (api, app) => attention.pay(api, app),
      },
    );
    const { droplet, packageGuid } = deployed;
    this.#quick.rebase({ droplet, files, packageGuid, mode: modeIn(this.#cli, droplet) });
    return { made: { ...version, files }, deployed };
  }

  async #outcomeOf(error: unknown, version: Version): Promise<Outcome> {
    if (error instanceof VersionFailed) {
      this.#app = error.app;
      return { kind: 'failed', version, failure: error };
    }
    if (isTorn(error) && this.#tornTimes < torn.mostTimes) {
      this.#tornTimes += 1;
      await sleep(torn.pauseMs);
      return { kind: 'ended' };
    }
    const isFirst = this.#packageGuid === undefined && this.#app === undefined;
    if (!(error instanceof ActionableError) || isFirst || error.code === 'NOT_FOUND') throw error;
    if (error.code === 'NOBODY_ANSWERED') return { kind: 'lost', message: error.message };
    return { kind: 'failed', version, failure: error };
  }
}

/** The permissions that staging gave everything in a droplet; `undefined` where it left them as they were. */
async function modeIn(cli: Cli, guid: string): Promise<number | undefined> {
  try {
    const api = await ApiClient.open(cli);
    const [maker] = (await api.get(`/v3/droplets/${guid}`, Droplet)).buildpacks;
    return maker?.name === standalone ? standaloneMode : undefined;
  } catch {
    return undefined; // whatever keeps it from being told keeps layers from being taken
  }
}

/** A file was replaced or removed between the look and the reading. */
function isTorn(error: unknown): boolean {
  const code = systemCodeOf(error) ?? '';
  const cause = error instanceof ActionableError ? systemCodeOf(error.cause) : undefined;
  return ['ENOENT', 'EIO'].includes(cause ?? code);
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
