import { existsSync, realpathSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { type Child, signalGroup } from '#ground/child.ts';
import { waitFor, within } from '#ground/wait.ts';
import type { LaunchPlan } from '../launch-plan.ts';
import type { LayerContents } from '../layer/read-layer.ts';
import { appPidIn, type Launch, startInstance, startupLog } from '../start-instance.ts';
import { heldUp, helloOf } from './hold-up.ts';
import { areAlike } from './may-pre-boot.ts';

/** On a busy machine a node takes its time. */
const helloLimitMs = 20_000;
const pidLimitMs = 1_000;

/** What `startup` leaves in a directory before the app runs. */
const traces: readonly string[] = [
  'run.pid',
  'exit_status',
  ...['stdout.log', 'stderr.log', startupLog].map((name) => `logs/${name}`),
];

export interface Beginning {
  /** Of a directory that is ready to run; see `mayPreBoot`. */
  readonly launch: Launch;
  /** The runtime. */
  readonly program: string | undefined;
  /** Where the script lies that holds a node up. */
  readonly scripts: string;
  /** Resolves when nothing of the instance runs any more. */
  readonly killRest: () => Promise<void>;
}

/**
 * An instance that was launched as any other, and whose node waits just before it reads the first file of the app. It ends
 * when this process does, however that ends.
 */
export class PreBoot {
  readonly #child: Child;
  readonly #control: Duplex;
  readonly #launch: Launch;
  readonly #program: string | undefined;
  readonly #killRest: () => Promise<void>;
  #isWaiting = true;
  #hasEnded = false;

  private constructor(child: Child, control: Duplex, { launch, program, killRest }: Beginning) {
    this.#child = child;
    this.#control = control;
    this.#launch = launch;
    this.#program = program;
    this.#killRest = killRest;
    control.on('error', () => {}); // it ended: whoever releases it sees that
    void child.exited.then(() => {
      this.#isWaiting = false;
      this.#hasEnded = true;
    });
  }

  /**
   * @param signal ends it
   * @returns `undefined` when the app does not wait where it should; then nothing is left of this
   */
  static async begin(beginning: Beginning, signal: AbortSignal): Promise<PreBoot | undefined> {
    const { launch, scripts } = beginning;
    if (traces.some((name) => existsSync(join(launch.directory, name)))) return undefined;
    const child = await startInstance({ ...launch, env: await heldUp(launch.env, scripts), isControlled: true });
    const { control } = child;
    if (control === null) throw new TypeError('The child has no descriptor 4.');
    const preBoot = new PreBoot(child, control, beginning);
    if (signal.aborted) preBoot.#end();
    signal.addEventListener('abort', () => preBoot.#end(), { once: true });
    if (await isWhereItShouldBe(control, launch.directory)) return preBoot;
    await preBoot.discard();
    return undefined;
  }

  /** Whether the same would happen up to this point if it began now. */
  fits(plan: LaunchPlan, layer: LayerContents | undefined): boolean {
    const isSame = this.#program === plan.program && areAlike(this.#launch.env, plan.env);
    return this.#isWaiting && isSame && (layer === undefined || comesLater(layer));
  }

  /** Has the app go on, in the environment it should have. To be called once, and not after `discard`. */
  release(env: LaunchPlan['env']): Child {
    this.#isWaiting = false;
    const changed = Object.entries(env).filter(([name, value]) => this.#launch.env[name] !== value);
    const told = { ...Object.fromEntries(changed), NODE_OPTIONS: env['NODE_OPTIONS'] ?? null };
    // The shells around the app keep their end of it open for as long as they live.
    this.#control.end(`${asciiOf(JSON.stringify(told))}\n`, () => this.#control.destroy());
    return this.#child;
  }

  /** Ends it, and leaves the directory as it was before. */
  async discard(): Promise<void> {
    this.#isWaiting = false;
    this.#end();
    await this.#child.exited;
    await this.#killRest();
    for (const name of traces) await rm(join(this.#launch.directory, name), { force: true });
  }

  #end(): void {
    // This ends what waits even when the shell that leads its group has gone.
    this.#control.destroy();
    if (!this.#hasEnded) signalGroup(this.#child.pid, 'SIGKILL');
  }
}

/** JSON in which every character is a byte. */
function asciiOf(json: string): string {
  return json.replaceAll(/[\u007f-\uffff]/g, (each) => `\\u${each.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** Whether what waits is the program that `startup` noted as the app, with a file of the app, and a node from elsewhere. */
async function isWhereItShouldBe(control: Duplex, directory: string): Promise<boolean> {
  try {
    const { pid, main, program } = await within(helloLimitMs, 'an app to wait', helloOf(control));
    const top = `${realpathSync(directory)}/`;
    if (!main.startsWith(`${top}app/`) || realpathSync(program).startsWith(top)) return false;
    // The shell notes it a moment after it began it.
    await waitFor('its pid', async () => ((await appPidIn(directory)) === pid ? true : undefined), {
      limitMs: pidLimitMs,
    });
    return true;
  } catch {
    return false; // it ended, or is no such program
  }
}

/** Whether all that a layer changes is read only after the app goes on. */
function comesLater({ members, removed, opaque }: LayerContents): boolean {
  const isLater = (path: string) => path.startsWith('app/') && !/(^|\/)(package\.json|node)$/.test(path);
  for (const [path, { kind }] of members) {
    // Where a link leads to, there may be anything.
    if (kind === 'symlink') return false;
    if (!isLater(path) && !(path === 'app' && kind === 'directory')) return false;
  }
  return [...removed].every(isLater) && [...opaque].every(isLater);
}
