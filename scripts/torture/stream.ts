import { Agent, get } from 'node:http';
import { sleep, waitFor } from '#ground/wait.ts';

/** What became of a request. */
export interface Answered {
  /** Or the code of the error. */
  readonly status: string;
  readonly version: number | undefined;
  /** The newest version of which an answer was there when it was sent. */
  readonly lastKnown: number;
  readonly tookMs: number;
}

/** Requests that come all the time, whatever becomes of those before them; every answer is the number of a version. */
export class Stream {
  readonly #address: { port: number; host: string };
  readonly #told: (answered: Answered) => void;
  readonly #agent = new Agent({ keepAlive: true });
  readonly #underWay = new Set<Promise<void>>();
  readonly #sender: Promise<void>;
  #seen = [0];
  #isOver = false;

  constructor(address: { port: number; host: string }, everyMs: number, told: (answered: Answered) => void) {
    this.#address = address;
    this.#told = told;
    this.#sender = this.#send(everyMs);
  }

  /** Waits until a version answers. */
  async sees(version: number, limitMs: number): Promise<void> {
    await waitFor(`version ${version}`, () => this.#seen.includes(version) || undefined, { limitMs, everyMs: 5 });
  }

  /** A version serves no more: what came before it is the newest one again. */
  forget(version: number): void {
    this.#seen = this.#seen.filter((each) => each !== version);
  }

  async stop(): Promise<void> {
    this.#isOver = true;
    await this.#sender;
    await Promise.all(this.#underWay);
    this.#agent.destroy();
  }

  async #send(everyMs: number): Promise<void> {
    while (!this.#isOver) {
      const one: Promise<void> = this.#ask().finally(() => this.#underWay.delete(one));
      this.#underWay.add(one);
      await sleep(everyMs);
    }
  }

  async #ask(): Promise<void> {
    const lastKnown = Math.max(...this.#seen);
    const sentAt = performance.now();
    const { status, body } = await this.#answer();
    const version = status === '200' ? Number(body) : undefined;
    this.#told({ status, version, lastKnown, tookMs: performance.now() - sentAt });
    if (version !== undefined && !this.#seen.includes(version)) this.#seen = [...this.#seen.slice(-20), version];
  }

  #answer(): Promise<{ status: string; body: string }> {
    const { port, host } = this.#address;
    return new Promise((resolve) => {
      const failed = (error: NodeJS.ErrnoException) => resolve({ status: error.code ?? error.message, body: '' });
      const request = get({ host: '127.0.0.1', port, agent: this.#agent, headers: { host } }, (response) => {
        let body = '';
        response.setEncoding('utf8');
        response.on('data', (piece) => {
          body += piece;
        });
        response.on('error', failed);
        response.on('end', () => resolve({ status: String(response.statusCode), body }));
      });
      request.setTimeout(30_000, () => request.destroy(new Error('no answer in 30 s')));
      request.on('error', failed);
    });
  }
}
