import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Child, startChild } from '#ground/child.ts';
import { readyOf } from '../bench/localpaas.ts';
import { type Ran, runProgram, succeeded } from '../bench/run-program.ts';
import { Api } from '../torture/api.ts';
import type { Reachable } from '../torture/reachable.ts';
import type { Disk } from './disk.ts';
import { killAllBelow } from './processes.ts';
import type { Program } from './program.ts';

const commandLimitMs = 60_000;

/** A platform that is up. */
export interface Up extends Reachable {
  readonly readyMs: number;
}

/** A machine whose plug can be pulled, with a localpaas on its disk. Disposing it ends everything that runs there. */
export class Machine implements AsyncDisposable {
  readonly #disk: Disk;
  readonly #program: Program;
  readonly #signal: AbortSignal;
  #isOn = true;
  #cuts = 0;

  constructor(disk: Disk, program: Program, signal: AbortSignal) {
    this.#disk = disk;
    this.#program = program;
    this.#signal = signal;
  }

  /** False from the very moment of the cut: what is said from then on comes too late. */
  get isOn(): boolean {
    return this.#isOn;
  }

  /** How often the power was cut. */
  get cuts(): number {
    return this.#cuts;
  }

  directoryOf(name: string): string {
    return join(this.#disk.path, name);
  }

  /** `localpaas up` until it is ready. @throws Error when it ends before, with what it said */
  async up(home: string, port = 0): Promise<Up> {
    const startedAt = performance.now();
    const { ready } = await this.#launch(home, port);
    const readyMs = performance.now() - startedAt;
    const { url, domain } = ready;
    const routerPort = Number(new URL(url).port);
    const run = (args: readonly string[], limitMs = commandLimitMs) => this.#run(home, args, limitMs);
    return {
      home,
      readyMs,
      api: new Api(url, home, this.#signal),
      addressOf: (app) => ({ port: routerPort, host: `${app}.${domain}:${routerPort}` }),
      run,
      ok: async (...args) => succeeded(`localpaas ${args.join(' ')}`, await run(args)),
    };
  }

  /** Cuts the power: the disk stands still, then every process ends. */
  async pull(): Promise<void> {
    this.#isOn = false;
    this.#cuts += 1;
    await this.#disk.cut();
    await killAllBelow(this.#disk.path);
  }

  /** The power is back; nothing runs yet. */
  async powerOn(): Promise<void> {
    await this.#disk.restore();
    this.#isOn = true;
  }

  /** Ends everything that runs, without cutting the power. */
  async [Symbol.asyncDispose](): Promise<void> {
    await killAllBelow(this.#disk.path);
  }

  async #launch(home: string, port: number) {
    await mkdir(home, { recursive: true });
    const [program, ...first] = this.#program.command;
    const child: Child = await startChild({
      program,
      args: [...first, 'up', '--json', '--port', String(port), '--bus-port', '0'],
      env: this.#program.environmentIn(home),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    return await readyOf(child, this.#signal);
  }

  async #run(home: string, args: readonly string[], limitMs: number): Promise<Ran> {
    const [program, ...first] = this.#program.command;
    const env = this.#program.environmentIn(home);
    return await runProgram({ program, args: [...first, ...args], env, limitMs }, { signal: this.#signal });
  }
}
