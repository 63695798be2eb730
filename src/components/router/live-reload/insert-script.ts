import type { BodyFilter } from '../transport.ts';

/** In these elements nothing is markup but their own end tag. */
const rawElements = new Set([
  'iframe',
  'noembed',
  'noframes',
  'noscript',
  'plaintext',
  'script',
  'style',
  'textarea',
  'title',
  'xmp',
]);
const endOfBody = '/body';
/** Longer than any name that matters. */
const longestName = 12;

const [lessThan, greaterThan, slash, equals, dash, bang, questionMark] = [0x3c, 0x3e, 0x2f, 0x3d, 0x2d, 0x21, 0x3f];
const [quote, apostrophe] = [0x22, 0x27];

/** Where in a page the last byte was: `mark` is behind a `<` and before the end of the name, `raw` in an element with other rules. */
type Place = 'text' | 'mark' | 'tag' | 'comment' | 'raw';

/**
 * Puts a script before the end tag of a page's body, or at the end where there is none. It passes everything on as it
 * comes, but for the few bytes that may be the beginning of that tag; what only looks like it, in scripts, comments and
 * attributes, stays as it is. It is no parser: at worst the script comes at the end of the page, where browsers take it too.
 */
export class ScriptInserter implements BodyFilter {
  readonly #script: Buffer;
  #isDone = false;
  /** The beginning of what may be the tag. */
  #held: Buffer = Buffer.alloc(0);
  #place: Place = 'text';
  /** Of the tag, or the raw element, in lower case; an end tag's begins with `/`. */
  #name = '';
  /** The mark around the attribute's value that is being read, 0 outside. */
  #quote = 0;
  #isValueNext = false;
  #dashes = 0;
  /** How much of the end tag of the raw element was read. */
  #matched = 0;

  constructor(script: string) {
    this.#script = Buffer.from(script, 'latin1');
  }

  /** By how much the page becomes longer. */
  get length(): number {
    return this.#script.length;
  }

  take(piece: Buffer | string): Buffer {
    const fresh = typeof piece === 'string' ? Buffer.from(piece, 'latin1') : piece;
    if (this.#isDone) return fresh;
    const bytes = this.#held.length === 0 ? fresh : Buffer.concat([this.#held, fresh]);
    for (let at = this.#held.length; at < bytes.length; at += 1) {
      if (!this.#step(bytes[at] ?? 0)) continue;
      this.#isDone = true;
      const tagAt = at - endOfBody.length - 1;
      return Buffer.concat([bytes.subarray(0, tagAt), this.#script, bytes.subarray(tagAt)]);
    }
    const end = bytes.length - this.#possible();
    this.#held = bytes.subarray(end);
    return bytes.subarray(0, end);
  }

  /** What is left when the page has come to its end. */
  end(): Buffer {
    if (this.#isDone) return Buffer.alloc(0);
    this.#isDone = true;
    return Buffer.concat([this.#held, this.#script]);
  }

  /** How many of the last bytes may be the beginning of the tag. */
  #possible(): number {
    return this.#place === 'mark' && endOfBody.startsWith(this.#name) ? this.#name.length + 1 : 0;
  }

  /** @returns whether this is the first byte behind the name of the tag */
  #step(byte: number): boolean {
    switch (this.#place) {
      case 'text':
        if (byte === lessThan) this.#beginMark();
        return false;
      case 'mark':
        return this.#readMark(byte);
      case 'tag':
        this.#readTag(byte);
        return false;
      case 'comment':
        this.#readComment(byte);
        return false;
      case 'raw':
        this.#readRaw(byte);
        return false;
    }
  }

  #beginMark(): void {
    this.#place = 'mark';
    this.#name = '';
  }

  #readMark(byte: number): boolean {
    if (this.#name === '') this.#readFirst(byte);
    else if (this.#name.startsWith('!')) this.#readDeclaration(byte);
    else if (isLetter(byte) || isDigit(byte)) this.#readName(byte);
    else if (this.#name === endOfBody && isBoundary(byte)) return true;
    else this.#beginTag(byte);
    return false;
  }

  #readFirst(byte: number): void {
    if (isLetter(byte) || byte === slash || byte === bang) this.#readName(byte);
    else if (byte === questionMark) this.#beginTag(byte);
    else if (byte !== lessThan) this.#place = 'text';
  }

  #readName(byte: number): void {
    if (this.#name.length < longestName) this.#name += String.fromCharCode(byte).toLowerCase();
  }

  /** A comment, or something like a doctype. */
  #readDeclaration(byte: number): void {
    this.#readName(byte);
    if (this.#name === '!--') {
      this.#place = 'comment';
      this.#dashes = 2; // `<!-->` is one, too
    } else if (this.#name !== '!-') this.#beginTag(byte);
  }

  #beginTag(byte: number): void {
    this.#place = 'tag';
    this.#quote = 0;
    this.#isValueNext = false;
    this.#readTag(byte);
  }

  #readTag(byte: number): void {
    if (this.#quote !== 0) {
      if (byte === this.#quote) this.#quote = 0;
      return;
    }
    if (byte === greaterThan) {
      this.#place = rawElements.has(this.#name) ? 'raw' : 'text';
      this.#matched = 0;
    } else if (this.#isValueNext && (byte === quote || byte === apostrophe)) this.#quote = byte;
    if (!isBlank(byte)) this.#isValueNext = byte === equals;
  }

  #readComment(byte: number): void {
    if (byte === dash) this.#dashes += 1;
    else if (byte === greaterThan && this.#dashes >= 2) this.#place = 'text';
    else if (byte !== bang || this.#dashes < 2) this.#dashes = 0;
  }

  #readRaw(byte: number): void {
    const tag = `</${this.#name}`;
    if (this.#matched === tag.length && isBoundary(byte)) {
      this.#name = `/${this.#name}`;
      this.#beginTag(byte);
    } else if (this.#matched < tag.length && String.fromCharCode(byte).toLowerCase() === tag[this.#matched]) {
      this.#matched += 1;
    } else this.#matched = byte === lessThan ? 1 : 0;
  }
}

function isLetter(byte: number): boolean {
  const lower = byte | 0x20;
  return lower >= 0x61 && lower <= 0x7a;
}

function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39;
}

function isBlank(byte: number): boolean {
  return byte === 0x20 || (byte >= 0x09 && byte <= 0x0d);
}

function isBoundary(byte: number): boolean {
  return byte === greaterThan || byte === slash || isBlank(byte);
}
