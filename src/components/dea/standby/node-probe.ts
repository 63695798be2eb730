import { statSync } from 'node:fs';
import { startChild } from '#ground/child.ts';
import { within } from '#ground/wait.ts';
import { heldUp, helloOf } from './hold-up.ts';

/** How an app would run node. */
export interface NodeUse {
  /** A path, or a name for the PATH of `env`. */
  readonly program: string;
  readonly directory: string;
  readonly env: Readonly<Record<string, string>>;
}

const limitMs = 20_000;

/**
 * Finds out whether a node can be held up: some are built so that they take no NODE_OPTIONS, and some are scripts that
 * clear them. An app on such a one would not wait, but run.
 */
export class NodeProbe {
  readonly #scripts: string;
  readonly #known = new Map<string, Promise<boolean>>();

  /** @param scripts where the script lies that holds a node up */
  constructor(scripts: string) {
    this.#scripts = scripts;
  }

  canHoldUp(use: NodeUse): Promise<boolean> {
    const stats = statSync(use.program, { throwIfNoEntry: false });
    const key = JSON.stringify([use.program, use.env['PATH'], stats?.ino, stats?.mtimeMs]);
    const known = this.#known.get(key) ?? this.#try(use).catch(() => false);
    this.#known.set(key, known);
    return known;
  }

  /** Has it do nothing, and looks whether it waits with that. */
  async #try({ program, directory, env }: NodeUse): Promise<boolean> {
    await using child = await startChild({
      program: '/bin/sh',
      args: ['-c', 'exec "$0" -e 0', program],
      cwd: directory,
      env: await heldUp(env, this.#scripts),
      stdio: ['ignore', 'ignore', 'ignore', 'ignore', 'pipe'],
      graceMs: 0,
    });
    const { control } = child;
    if (control === null) return false;
    control.on('error', () => {}); // it ended
    const { pid } = await within(limitMs, 'a node to wait', helloOf(control));
    return pid === child.pid;
  }
}
