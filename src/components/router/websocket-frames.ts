/** Follows the frames of one direction of a websocket (RFC 6455, 5.2), to know where something can be put between them. */
export class WebsocketFrames {
  readonly #head: number[] = [];
  /** Bytes of the current frame's payload that are still to come. */
  #left = 0;

  get isBetweenFrames(): boolean {
    return this.#head.length === 0 && this.#left === 0;
  }

  /** Takes in what came. */
  follow(piece: Uint8Array): void {
    let at = 0;
    while (at < piece.length) at = this.#step(piece, at);
  }

  /** Takes in `piece` up to the end of the frame that is under way. @returns how many bytes of it that was */
  finish(piece: Uint8Array): number {
    let at = 0;
    while (at < piece.length && !this.isBetweenFrames) at = this.#step(piece, at);
    return at;
  }

  /** One byte of a head, or all there is of a payload. @returns where to go on */
  #step(piece: Uint8Array, at: number): number {
    if (this.#left > 0) {
      const length = Math.min(this.#left, piece.length - at);
      this.#left -= length;
      return at + length;
    }
    this.#head.push(piece[at] ?? 0);
    const payload = payloadAfter(this.#head);
    if (payload !== undefined) {
      this.#left = payload;
      this.#head.length = 0;
    }
    return at + 1;
  }
}

/** The length of the payload after this head, in bytes; `undefined` while the head is not complete. */
function payloadAfter(head: readonly number[]): number | undefined {
  const second = head[1];
  if (second === undefined) return undefined;
  const short = second & 0x7f;
  const isMasked = (second & 0x80) !== 0;
  const lengthBytes = short === 127 ? 8 : short === 126 ? 2 : 0;
  if (head.length < 2 + lengthBytes + (isMasked ? 4 : 0)) return undefined;
  if (lengthBytes === 0) return short;
  return head.slice(2, 2 + lengthBytes).reduce((length, byte) => length * 256 + byte, 0);
}

/** What asks the other side to close: a frame as servers send it. @param code of RFC 6455, 7.4 */
export function closeFrame(code: number, reason: string): Buffer {
  const text = Buffer.from(reason);
  const frame = Buffer.from([0x88, text.length + 2, 0, 0, ...text]);
  frame.writeUInt16BE(code, 2);
  return frame;
}
