import { StringDecoder } from 'node:string_decoder';

/** So many characters of a line that does not end are passed on without waiting for its end. */
const maxLine = 16 * 1024;

/**
 * Cuts the output of a program into pieces of whole lines. A line that does not end comes in pieces of bounded size, so
 * that no more than that is held back.
 */
export class TextPieces {
  readonly #decoder = new StringDecoder('utf8');
  readonly #cut: string;
  #begun = '';

  /** @param cut put behind each piece of a line that is too long */
  constructor(cut: string) {
    this.#cut = cut;
  }

  /** @returns what can be passed on now; may be empty */
  add(chunk: Uint8Array): string {
    const text = this.#begun + this.#decoder.write(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength));
    const end = text.lastIndexOf('\n') + 1;
    this.#begun = text.slice(end);
    if (this.#begun.length < maxLine) return text.slice(0, end);
    this.#begun = '';
    return `${text}${this.#cut}`;
  }

  /** @returns what was left without an end */
  end(): string {
    const rest = this.#begun + this.#decoder.end();
    this.#begun = '';
    return rest;
  }
}
