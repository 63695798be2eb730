import { join } from 'node:path';
import { messageOf } from '#ground/errors.ts';
import { isAlive } from '#ground/processes.ts';
import { sleep, waitFor } from '#ground/wait.ts';
import type { Change } from './changes.ts';
import { makeChange, type Target } from './make-change.ts';
import { Model } from './model.ts';
import type { Assault, Victim } from './plan.ts';
import type { Platform } from './platform.ts';
import { environmentProblems, problemsOf } from './verify.ts';
import { serves, type Witness, witnessesBelow, writeWitness } from './witness-app.ts';

/** What came out of it. */
export interface Tally {
  acknowledged: number;
  unacknowledged: number;
  /** Instances of apps that nobody changed, looked at during or after a kill. */
  watched: number;
  /** Those of them that stopped serving or became another process. */
  stopped: number;
  /** What was lost or damaged, as sentences. */
  readonly losses: string[];
  readonly recoveriesMs: Readonly<Record<Victim, number[]>>;
}

/** A platform with apps, and the knowledge of what it acknowledged. */
export class Siege {
  readonly #platform: Platform;
  readonly #signal: AbortSignal;
  readonly #model = new Model();
  readonly #targets: (Target & { readonly guid: string })[] = [];
  readonly tally: Tally = {
    acknowledged: 0,
    unacknowledged: 0,
    watched: 0,
    stopped: 0,
    losses: [],
    recoveriesMs: { localpaas: [], 'nats-server': [] },
  };

  constructor(platform: Platform, signal: AbortSignal) {
    this.#platform = platform;
    this.#signal = signal;
  }

  /** Pushes the apps. @param directory where their files are put */
  async prepare(apps: number, directory: string): Promise<void> {
    for (let app = 0; app < apps; app += 1) {
      const name = `witness-${app}`;
      const files = await writeWitness(join(directory, name), 'first');
      await this.#platform.ok('push', files, '--name', name);
      this.#model.add(name, { version: 'first', instances: 1 });
      this.#targets.push({ name, guid: await this.#platform.api.guidOf(name), directory: files });
    }
    await this.#verifyAll('at the beginning');
  }

  /** One kill in the middle of changes, the recovery, and a look at everything. @param name for the reader of a loss */
  async endure(assault: Assault, name: string): Promise<void> {
    const { victim, app } = assault;
    const target = this.#targets[app];
    if (target === undefined) throw new RangeError(`There is no app ${app}.`);
    // Where a push was interrupted, the one version may still take the place of the other.
    const bystanders = (await witnessesBelow(this.#platform.home)).filter(
      (witness) => witness.app !== target.name && this.#model.isCertain(witness.app),
    );

    const backAfterMs = await this.#changeUntilKilled(target, assault);
    if (victim === 'localpaas') await this.#watch(bystanders, `${name}, while localpaas was away`);
    this.tally.recoveriesMs[victim].push(backAfterMs ?? (await this.#platform.comeBack()));

    await this.#verifyAll(name);
    await this.#watch(bystanders, `${name}, after the recovery`);
  }

  /** Whether each app's process is given, byte for byte, what is stored. */
  async compareEnvironments(): Promise<void> {
    for (const target of this.#targets) this.tally.losses.push(...(await environmentProblems(this.#platform, target)));
  }

  /** @returns how long it took nats-server to come back after its kill, in ms; localpaas has to be brought back */
  async #changeUntilKilled(target: Target, { victim, delayMs, changes }: Assault): Promise<number | undefined> {
    let isKilled = false;
    const killed = sleep(delayMs, this.#signal).then(async () => {
      isKilled = true;
      await this.#platform.kill(victim);
      return victim === 'nats-server' ? await this.#natsServerBack(target) : undefined;
    });
    killed.catch(() => {}); // told below
    for (const change of changes) {
      if (isKilled) break;
      await this.#change(target, change);
    }
    return await killed;
  }

  async #change(target: Target, change: Change): Promise<boolean> {
    this.#model.attempt(target.name, change);
    const { isAcknowledged } = await makeChange(this.#platform, target, change).catch((error: unknown) => {
      this.#signal.throwIfAborted();
      this.tally.losses.push(`${target.name}: ${change.kind}: ${messageOf(error)}`);
      return { isAcknowledged: false };
    });
    if (isAcknowledged) this.#model.acknowledge(target.name, change);
    this.tally[isAcknowledged ? 'acknowledged' : 'unacknowledged'] += 1;
    return isAcknowledged;
  }

  /** @returns how long it took until a change asked for after the kill was acknowledged, in ms */
  async #natsServerBack(target: Target): Promise<number> {
    const killedAt = performance.now();
    let attempts = 0;
    const isBack = async () => {
      attempts += 1;
      const value = `back ${killedAt} ${attempts}`;
      const isAcknowledged = await this.#change(target, { kind: 'set-env', key: 'TORTURE_BACK', value, way: 'api' });
      return isAcknowledged ? performance.now() - killedAt : undefined;
    };
    const limits = { limitMs: 60_000, everyMs: 10, signal: this.#signal };
    return await waitFor('the platform to acknowledge a change after nats-server was killed', isBack, limits);
  }

  async #verifyAll(name: string): Promise<void> {
    for (const target of this.#targets) {
      const problems = await problemsOf(this.#platform, this.#model, target, this.#signal);
      this.tally.losses.push(...problems.map((problem) => `${name}: ${problem}`));
    }
  }

  /** Whether these very processes are still there and answer. */
  async #watch(witnesses: readonly Witness[], name: string): Promise<void> {
    for (const witness of witnesses) {
      this.tally.watched += 1;
      try {
        if ((await isAlive(witness)) && (await serves(witness))) continue;
      } catch (error) {
        this.tally.losses.push(`${name}: ${witness.app} cannot be looked at: ${messageOf(error)}`);
      }
      this.tally.stopped += 1;
      this.tally.losses.push(`${name}: an instance of ${witness.app} (pid ${witness.pid}) stopped serving`);
    }
  }
}
