import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { mkdir, open } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf } from '#ground/errors.ts';
import { waitFor } from '#ground/wait.ts';
import { runProgram, succeeded } from '../bench/run-program.ts';
import { Cutter } from './cutter.ts';
import type { Disk } from './disk.ts';
import { killOnce } from './processes.ts';

/** Bytes; only what is written takes any. */
const sizeBytes = 1024 ** 3;
/** Nothing comes to the disk by itself for a long while; by default the journal is written every 5 s. */
const mountOptions = 'loop,commit=300';
/** By default ext4 writes a file that is renamed over another one as if it had been synced. */
const strictOptions = 'noauto_da_alloc';
const systemDirectories = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/**
 * An ext4 file system in a file.
 * @param isStrict a rename is no sync, as on other file systems
 * @throws Error when this machine, or this user, cannot have one
 */
export async function openLoopDisk(
  scratch: string,
  isStrict: boolean,
  signal: AbortSignal,
): Promise<Disk & AsyncDisposable> {
  if (process.platform !== 'linux') throw new Error('only Linux has loop devices');
  if (process.getuid?.() !== 0) throw new Error('only root can mount a file system');
  if (!existsSync('/dev/loop-control')) throw new Error('there are no loop devices');
  const options = isStrict ? `${mountOptions},${strictOptions}` : mountOptions;
  const disk = new LoopDisk({ image: join(scratch, 'disk.ext4'), path: join(scratch, 'disk'), options }, signal);
  try {
    await disk.make();
    return disk;
  } catch (error) {
    await disk[Symbol.asyncDispose]();
    throw error;
  }
}

class LoopDisk implements Disk, AsyncDisposable {
  readonly forgets = true;
  readonly method: string;
  readonly path: string;
  readonly #image: string;
  readonly #options: string;
  readonly #signal: AbortSignal;
  #cutter: Cutter | undefined;
  /** Also when somebody ends this process at once. */
  readonly #leave = () => {
    killOnce(this.path);
    if (this.#isMounted()) execFileSync('umount', ['-l', this.path], { env: { PATH: systemDirectories } });
    rmSync(this.#image, { force: true });
  };

  constructor({ image, path, options }: { image: string; path: string; options: string }, signal: AbortSignal) {
    this.#image = image;
    this.path = path;
    this.#options = options;
    this.method = `an ext4 file system (${options}) which the kernel shuts down without writing anything more`;
    this.#signal = signal;
  }

  async make(): Promise<void> {
    await using image = await open(this.#image, 'wx');
    await image.truncate(sizeBytes);
    await run('mkfs.ext4', ['-q', '-F', '-m', '0', '-b', '4096', this.#image], this.#signal);
    await mkdir(this.path);
    process.once('exit', this.#leave);
    await this.#mount();
  }

  async cut(): Promise<void> {
    if (this.#cutter === undefined) throw new Error('The power is off already.');
    await this.#cutter.cut();
    this.#cutter = undefined;
  }

  async restore(): Promise<void> {
    await this.#unmount();
    await this.#mount();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#cutter?.[Symbol.asyncDispose]();
    if (this.#isMounted()) await this.#unmount();
    process.off('exit', this.#leave);
  }

  async #mount(): Promise<void> {
    await run('mount', ['-t', 'ext4', '-o', this.#options, this.#image, this.path], this.#signal);
    this.#cutter = await Cutter.start(this.path);
  }

  /** A process that was just killed may hold it a moment longer. */
  async #unmount(): Promise<void> {
    const never = new AbortController().signal; // cleaning up goes on when the run was stopped
    let last = '';
    const isDone = async () => {
      const { code, err } = await runProgram(
        { program: 'umount', args: [this.path], env: { PATH: systemDirectories } },
        { signal: never },
      );
      last = err.trim();
      return code === 0 ? true : undefined;
    };
    // Another program may have taken a copy of all mounts: then the file system lives on, without power.
    const isReleased = () => (isInUse(this.#image) ? undefined : true);
    await waitFor(`${this.path} to be unmounted`, isDone, { limitMs: 10_000, everyMs: 20 }).catch((error: unknown) => {
      throw new Error(`${messageOf(error)} ${last}`);
    });
    await waitFor(`${this.#image} to be released`, isReleased, { limitMs: 60_000, everyMs: 20 });
  }

  #isMounted(): boolean {
    return readFileSync('/proc/mounts', 'utf8').includes(` ${this.path} `);
  }
}

async function run(program: string, args: readonly string[], signal: AbortSignal): Promise<void> {
  const ran = await runProgram({ program, args, env: { PATH: systemDirectories } }, { signal });
  succeeded(`${program} ${args.join(' ')}`, ran);
}

/** Whether some loop device stands for this file. */
function isInUse(image: string): boolean {
  return readdirSync('/sys/block').some((name) => {
    const file = `/sys/block/${name}/loop/backing_file`;
    return existsSync(file) && readFileSync(file, 'utf8').trim() === image;
  });
}
