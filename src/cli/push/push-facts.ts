import { randomBytes } from 'node:crypto';
import type { Facts } from '#workload/manifest/index.ts';

/** Asks the person at the terminal; `undefined` when there is none. */
export type Asker = ((question: string, options?: { readonly isHidden?: boolean }) => Promise<string>) | undefined;

/** What the words of a manifest may stand for, found out when one asks. */
export class PushFacts {
  readonly #platform: () => Promise<{ readonly domain: string; readonly url: string }>;
  readonly #answers = new Map<string, string>();
  #known: Facts | undefined;

  constructor(platform: () => Promise<{ readonly domain: string; readonly url: string }>) {
    this.#platform = platform;
  }

  async now(): Promise<Facts> {
    if (this.#known === undefined) {
      const { domain, url } = await this.#platform();
      const { port } = new URL(url);
      const apiUrl = `http://api.${domain}${port === '' ? '' : `:${port}`}`;
      this.#known = { domain, apiUrl, randomWord: () => randomBytes(4).toString('hex'), answers: this.#answers };
    }
    return this.#known;
  }

  /** Each question is asked once, and none without a terminal. */
  async ask(questions: readonly string[], ask: Asker): Promise<void> {
    for (const question of questions) {
      if (ask !== undefined && !this.#answers.has(question)) this.#answers.set(question, await ask(question));
    }
  }
}
