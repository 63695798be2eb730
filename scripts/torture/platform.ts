import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import { signalProcess } from '#ground/child.ts';
import { endStrays, type Localpaas, startLocalpaas } from '../bench/localpaas.ts';
import type { Ran } from '../bench/run-program.ts';
import type { Surroundings } from '../bench/surroundings.ts';
import { Api } from './api.ts';
import type { Victim } from './plan.ts';
import type { Reachable } from './reachable.ts';

const Recorded = v.looseObject({ pid: v.number() });

/** A platform that is killed and comes back, always in the same home and on the same port. */
export class Platform implements Reachable, AsyncDisposable {
  readonly #surroundings: Surroundings;
  #running: Localpaas;
  readonly api: Api;

  private constructor(surroundings: Surroundings, running: Localpaas) {
    this.#surroundings = surroundings;
    this.#running = running;
    this.api = new Api(running.url, running.home, surroundings.signal);
  }

  static async start(surroundings: Surroundings, home: string): Promise<Platform> {
    return new Platform(surroundings, await startLocalpaas(surroundings, { home }));
  }

  get home(): string {
    return this.#running.home;
  }

  addressOf(app: string): { port: number; host: string } {
    return { port: this.#running.port, host: this.#running.hostOf(app) };
  }

  run(args: readonly string[], limitMs?: number): Promise<Ran> {
    return this.#running.run(args, limitMs);
  }

  ok(...args: readonly string[]): Promise<Ran> {
    return this.#running.ok(...args);
  }

  /** Resolves when the process is gone. */
  async kill(victim: Victim): Promise<void> {
    if (victim === 'nats-server') {
      const file = join(this.home, 'nats-server', 'process.json');
      signalProcess(v.parse(Recorded, JSON.parse(await readFile(file, 'utf8'))).pid, 'SIGKILL');
      return;
    }
    signalProcess(this.#running.pid, 'SIGKILL');
    await this.#running.exited;
  }

  /** Brings localpaas up again. @returns how long it took until it was ready, in ms */
  async comeBack(): Promise<number> {
    const { home, port } = this.#running;
    this.#running = await startLocalpaas(this.#surroundings, { home, port });
    return this.#running.readyAt - this.#running.startedAt;
  }

  /** Stops everything. @throws Error when something outlived it, which is killed then */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#running[Symbol.asyncDispose]();
    await endStrays(this.home);
  }
}
