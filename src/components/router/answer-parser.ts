import { type AnswerHead, type Framing, framingOf, NotHttp, readHead, readTrailers } from './answer-head.ts';

/** What an answer consists of, in the order of its parts. */
export interface AnswerSink {
  /** Of status 1xx: the answer is yet to come. */
  onNews(head: AnswerHead): void;
  /** The instance speaks another protocol from here on (101); without this method it must not. */
  onSwitch?(head: AnswerHead): void;
  onHead(head: AnswerHead, framing: Framing): void;
  /** A string is Latin-1. The end of the body follows. */
  onBody(piece: Buffer | string): void;
  /** @param trailers names and values by turns */
  onEnd(trailers: readonly string[]): void;
}

/** As much as Node's own parser takes. */
const maxHeadBytes = 16 * 1024;
const maxLineBytes = 4 * 1024;

type State = 'head' | 'length' | 'until-closed' | 'chunk-size' | 'chunk' | 'chunk-end' | 'trailers' | 'done';

/**
 * Reads answers of HTTP/1.1 and 1.0 from the bytes of one connection, strictly: lines end with CR and LF, and nothing is
 * guessed. It keeps no body: pieces are passed on as they come.
 */
export class AnswerParser {
  #sink: AnswerSink | undefined;
  #isToHead = false;
  #state: State = 'done';
  /** Of a line, or a head, that has not come as a whole yet. */
  #text = '';
  /** Bytes that are still to come of the body, or of its chunk. */
  #left = 0;

  /** The next answer goes to `sink`. @param isToHead whether it answers a HEAD request, so has no body */
  begin(sink: AnswerSink, isToHead: boolean): void {
    this.#sink = sink;
    this.#isToHead = isToHead;
    this.#state = 'head';
    this.#text = '';
  }

  get isDone(): boolean {
    return this.#state === 'done';
  }

  /** Whether the end of the connection is the end of the answer. */
  get endsWithConnection(): boolean {
    return this.#state === 'until-closed';
  }

  /**
   * Takes in the first `length` bytes, which are the reader's again when this returns.
   * @returns how many of them belonged to this answer @throws NotHttp, and whatever the sink throws
   */
  feed(bytes: Buffer, length: number): number {
    let at = 0;
    while (at < length && this.#state !== 'done') at = this.#step(bytes, at, length);
    return at;
  }

  /** The connection has ended, and that was the end of the answer. */
  finish(): void {
    this.#end([]);
  }

  #step(bytes: Buffer, at: number, length: number): number {
    switch (this.#state) {
      case 'head':
        return this.#readHead(bytes, at, length);
      case 'length':
      case 'until-closed':
      case 'chunk':
        return this.#readBody(bytes, at, length);
      default:
        return this.#readLine(bytes, at, length);
    }
  }

  #readHead(bytes: Buffer, at: number, length: number): number {
    const before = this.#text.length;
    const text = this.#text + bytes.toString('latin1', at, Math.min(length, at + maxHeadBytes));
    const end = text.indexOf('\r\n\r\n', Math.max(0, before - 3)) + 4;
    if (end < 4) {
      if (text.length >= maxHeadBytes) throw new NotHttp(`its head is longer than ${maxHeadBytes / 1024} KB`);
      // Whoever speaks another protocol may wait for us to go on.
      if (!'HTTP/1.'.startsWith(text.slice(0, 7))) throw new NotHttp('it does not begin with HTTP/1.');
      this.#text = text;
      return length;
    }
    this.#text = '';
    const head = readHead(text.slice(0, end));
    const bodyAt = at + end - before;
    if (head.statusCode < 200) {
      this.#passNews(head);
      return bodyAt;
    }
    this.#beginBody(head);
    // What is here already as text goes on as text: a small answer is one string then.
    const isRestHere = this.#state === 'length' && bodyAt < length && text.length - end === length - bodyAt;
    return isRestHere ? this.#passText(text, end, bodyAt) : bodyAt;
  }

  #passNews(head: AnswerHead): void {
    if (head.statusCode !== 101) {
      this.#sink?.onNews(head);
      return;
    }
    if (this.#sink?.onSwitch === undefined) {
      throw new NotHttp('it switches to another protocol, which nobody asked for');
    }
    this.#sink.onSwitch(head);
    this.#state = 'done';
  }

  #beginBody(head: AnswerHead): void {
    const framing = framingOf(head, this.#isToHead);
    this.#left = typeof framing === 'number' ? framing : Number.POSITIVE_INFINITY;
    this.#state = typeof framing === 'number' ? 'length' : framing === 'chunked' ? 'chunk-size' : framing;
    this.#sink?.onHead(head, framing);
    if (framing === 0) this.#end([]);
  }

  #passText(text: string, from: number, bodyAt: number): number {
    const piece = text.slice(from, from + this.#left);
    this.#left -= piece.length;
    this.#sink?.onBody(piece);
    if (this.#left === 0) this.#end([]);
    return bodyAt + piece.length;
  }

  #readBody(bytes: Buffer, at: number, length: number): number {
    const end = Math.min(length, at + this.#left);
    this.#left -= end - at;
    this.#sink?.onBody(Buffer.from(bytes.subarray(at, end))); // a copy: it may wait for the client
    if (this.#left > 0) return end;
    if (this.#state === 'chunk') this.#state = 'chunk-end';
    else this.#end([]);
    return end;
  }

  /** The size of a chunk, the end of one, or a line of the trailers. */
  #readLine(bytes: Buffer, at: number, length: number): number {
    const before = this.#text.length;
    const limit = this.#state === 'trailers' ? maxHeadBytes : maxLineBytes;
    const text = this.#text + bytes.toString('latin1', at, Math.min(length, at + limit));
    const mark = text.indexOf('\n', before);
    if (mark < 0) {
      if (text.length >= limit) throw new NotHttp('a line among its chunks is too long');
      this.#text = text;
      return length;
    }
    this.#text = text.slice(0, mark + 1);
    this.#takeLine();
    return at + mark + 1 - before;
  }

  #takeLine(): void {
    const text = this.#text;
    if (!text.endsWith('\r\n')) throw new NotHttp('a line among its chunks does not end with CR and LF');
    if (this.#state === 'trailers') {
      if (text === '\r\n' || text.endsWith('\r\n\r\n')) this.#end(readTrailers(text));
      return; // trailers are kept until all have come
    }
    this.#text = '';
    if (this.#state === 'chunk-end') {
      if (text !== '\r\n') throw new NotHttp('a chunk of it is longer than announced');
      this.#state = 'chunk-size';
      return;
    }
    const size = /^([\da-f]{1,12})[ \t]*(?:;[\t\x20-\x7e\x80-\xff]*)?\r\n$/i.exec(text)?.[1];
    if (size === undefined) throw new NotHttp('the size of a chunk is malformed');
    this.#left = Number.parseInt(size, 16);
    this.#state = this.#left === 0 ? 'trailers' : 'chunk';
  }

  #end(trailers: readonly string[]): void {
    const sink = this.#sink;
    this.#state = 'done';
    this.#sink = undefined;
    this.#text = '';
    sink?.onEnd(trailers);
  }
}
