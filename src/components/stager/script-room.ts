import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { AsyncDisposableStack } from '#ground/async-disposable-stack.ts';
import { readableSize } from '#ground/bytes.ts';
import { messageOf } from '#ground/errors.ts';
import { ensureDirectory } from '#ground/files.ts';
import { type DiskExcess, type DiskWatch, watchDisk } from '#ground/watch-disk.ts';
import { cacheDirectories } from '#packaging/cache-directories.ts';
import type { Sandbox } from '#workload/sandbox/index.ts';
import type { StagingEnvironment } from './buildpacks/environment.ts';
import type { StagingIsolation } from './isolation.ts';
import type { StagerOptions } from './options.ts';
import { TaskFailure } from './task-failure.ts';
import type { Workspace } from './workspace.ts';

const megabyte = 1024 * 1024;

export interface RoomParts {
  readonly isolation: StagingIsolation;
  readonly options: StagerOptions;
  readonly workspace: Workspace;
  /** Where the stager keeps what tasks may use again. */
  readonly dataDir: string;
  /** The app's own limit. */
  readonly diskMb: number;
}

/** Where scripts of a task run: in its sandbox, if this machine has one, and within its part of the disk. */
export class ScriptRoom implements AsyncDisposable {
  readonly #parts: RoomParts;
  readonly #limitBytes: number;
  readonly #excess = new AbortController();
  readonly #undo = new AsyncDisposableStack();
  #sandbox: Promise<Sandbox | undefined> | undefined;
  #watch: DiskWatch | undefined;

  constructor(parts: RoomParts) {
    this.#parts = parts;
    this.#limitBytes = Math.max(parts.options.maxDiskMb, parts.diskMb) * megabyte;
  }

  /** Aborts with a TaskFailure when the task takes too much of the disk. */
  get signal(): AbortSignal {
    return this.#excess.signal;
  }

  /** The sandbox, made for the first script; from then on the disk is watched. @throws TaskFailure, ActionableError */
  enter({ machine }: Pick<StagingEnvironment, 'machine'>): Promise<Sandbox | undefined> {
    this.#sandbox ??= this.#open(machine);
    return this.#sandbox;
  }

  /**
   * For when scripts are over.
   * @param hasFailed perhaps because there was no more room
   * @throws TaskFailure when they took more than they may
   */
  async check({ hasFailed }: { readonly hasFailed: boolean }): Promise<void> {
    const excess = hasFailed ? await this.#watch?.measure() : await this.#watch?.look();
    if (excess !== undefined) this.#refuse(excess);
    this.signal.throwIfAborted();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#undo.disposeAsync();
  }

  async #open(variables: StagingEnvironment['machine']): Promise<Sandbox | undefined> {
    const { isolation, workspace, options } = this.#parts;
    const limits = { limitBytes: this.#limitBytes, keptFreeBytes: options.keptFreeMb * megabyte };
    this.#watch = this.#undo.use(
      watchDisk({ directory: workspace.directory, ...limits }, (excess) => this.#refuse(excess)),
    );
    const found = await isolation.find();
    if (found.level === 0) return undefined;
    const { openStagingSandbox } = await import('#workload/sandbox/index.ts');
    try {
      return this.#undo.use(await openStagingSandbox(found, await this.#places(variables)));
    } catch (cause) {
      const text = `Staging plugin failed: The sandbox for its scripts could not be made by ${found.by}: ${messageOf(cause)}. Try again; \`localpaas doctor\` says what this machine has.`;
      throw new TaskFailure(text, { isLogged: true, cause });
    }
  }

  async #places(variables: StagingEnvironment['machine']) {
    const { workspace, dataDir, options } = this.#parts;
    const home = join(workspace.own, 'home');
    await mkdir(home, { recursive: true, mode: 0o700 });
    const shelf = await ensureDirectory(join(dataDir, 'buildpacks'));
    const { builtInBuildpacks } = await import('#workload/buildpacks/built-in.ts');
    const builtIn = (await builtInBuildpacks()).map(({ directory }) => dirname(directory));
    return {
      directory: workspace.sandbox,
      work: [workspace.own],
      buildDir: workspace.unstaged,
      home,
      hidden: [...options.hidden, dataDir, dirname(workspace.directory)],
      readable: [shelf, ...cacheDirectories(process.env), ...new Set(builtIn)],
      variables,
      maxFileBytes: this.#limitBytes,
    };
  }

  #refuse({ what, bytes }: DiskExcess): void {
    this.#excess.abort(new TaskFailure(this.#textFor(what, bytes), { isLogged: true }));
  }

  #textFor(what: DiskExcess['what'], bytes: number): string {
    const { workspace, options } = this.#parts;
    if (what === 'used') {
      const limit = readableSize(this.#limitBytes);
      return `Staging used more than ${limit} of disk (${readableSize(bytes)} when it was stopped), and what it made was removed. Have it write less, or give the app a disk limit above ${limit}: \`localpaas push --disk 8G\`, or disk_quota in manifest.yml.`;
    }
    const left = what === 'files' ? 'places for files' : `${readableSize(bytes)} of room`;
    const kept = what === 'files' ? '' : `; ${options.keptFreeMb}M have to stay free`;
    return `Staging was stopped because the disk of ${workspace.directory} has only ${left} left${kept}. What it made was removed. Free some space and push again: \`localpaas doctor\` shows what localpaas itself uses.`;
  }
}
