import { readableSize } from '#ground/bytes.ts';
import type { Sandbox } from './open-sandbox.ts';

type Write = (text: string) => void | Promise<void>;

/** What programs say when they may not write somewhere, and when a file becomes too large. */
const readOnly = /read-only file ?system|\bEROFS\b/i;
const tooLarge = /file too large|file size limit exceeded|\bEFBIG\b/i;

/** Listens to what a program in a sandbox prints, so as to tell why it failed. */
export class RefusalListener {
  readonly #sandbox: Pick<Sandbox, 'maxFileBytes'> | undefined;
  #said: 'read-only' | 'too large' | undefined;

  constructor(sandbox: Pick<Sandbox, 'maxFileBytes'> | undefined) {
    this.#sandbox = sandbox;
  }

  hearing(write: Write): Write {
    if (this.#sandbox === undefined) return write;
    return (text) => {
      if (tooLarge.test(text)) this.#said = 'too large';
      else if (readOnly.test(text)) this.#said = 'read-only';
      return write(text);
    };
  }

  /** What was refused last, and what is allowed, as sentences. */
  get remedy(): string | undefined {
    if (this.#said === undefined) return undefined;
    if (this.#said === 'read-only') {
      return 'It could not write outside of its directories. A staging may write into the app, its cache, its dependencies, the folder of the buildpack, $HOME, $TMPDIR and /tmp; all else is read-only.';
    }
    const limit = this.#sandbox?.maxFileBytes;
    return limit === undefined ? undefined : `No file may become larger than ${readableSize(limit)}.`;
  }
}
