import { type Child, startChild } from '#ground/child.ts';
import { sleep, waitFor, within } from '#ground/wait.ts';

/**
 * Waits for a line and then has the kernel stop the file system, as xfstests do: EXT4_IOC_SHUTDOWN with
 * EXT4_GOING_FLAGS_NOLOGFLUSH. What is not on the disk by then, the journal's unwritten part included, never gets there.
 */
const program = `
import fcntl, os, struct, sys
disk = os.open(sys.argv[1], os.O_RDONLY)
print('ready', flush=True)
if sys.stdin.readline():
    fcntl.ioctl(disk, 0x8004587d, struct.pack('I', 2))
    print('cut', flush=True)
`;

/** Is started beforehand, so that the cut takes no longer than the call itself. */
export class Cutter implements AsyncDisposable {
  readonly #child: Child;
  #said = '';

  private constructor(child: Child) {
    this.#child = child;
    child.stdout?.setEncoding('utf8').on('data', (text) => {
      this.#said += text;
    });
    child.stderr?.setEncoding('utf8').on('data', (text) => {
      this.#said += text;
    });
  }

  static async start(directory: string): Promise<Cutter> {
    const child = await startChild({
      program: 'python3',
      args: ['-c', program, directory],
      env: { PATH: process.env['PATH'] ?? '/usr/bin:/bin' },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    const started = new Cutter(child);
    await started.#hears('ready');
    return started;
  }

  async cut(): Promise<void> {
    this.#child.stdin?.write('cut\n');
    await this.#hears('cut');
    await within(5_000, 'the cutter to end', this.#child.exited);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#child[Symbol.asyncDispose]();
  }

  async #hears(word: string): Promise<void> {
    let hasEnded = false;
    void this.#child.exited
      .then(() => sleep(100))
      .then(() => {
        hasEnded = true;
      });
    const isSaid = () => {
      if (this.#said.split('\n').includes(word)) return true;
      if (hasEnded) throw new Error(`the file system cannot be shut down: ${this.#said.trim()}`);
      return undefined;
    };
    await waitFor(`the cutter to say '${word}'`, isSaid, { limitMs: 10_000, everyMs: 1 });
  }
}
