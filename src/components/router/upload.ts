import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';

export interface UploadOptions {
  readonly isChunked: boolean;
  /** How long the client may send nothing while more of it is awaited. */
  readonly idleMs: number;
  readonly onIdle: () => void;
}

/** In a trailer they would come too late, or say something else than the head did. */
const framing = new Set(['content-length', 'transfer-encoding', 'host', 'connection', 'trailer', 'authorization']);

/** The body of a request on its way to an instance, as fast as that takes it. */
export class Upload {
  readonly #request: IncomingMessage;
  readonly #options: UploadOptions;
  #socket: Socket | undefined;
  #timer: NodeJS.Timeout | undefined;
  readonly #passPiece = (piece: Buffer) => this.#pass(piece);
  readonly #passEnd = () => this.#end();

  constructor(request: IncomingMessage, options: UploadOptions) {
    this.#request = request;
    this.#options = options;
  }

  /** Nothing is read before. */
  startTo(socket: Socket): void {
    this.#socket = socket;
    this.#request.on('data', this.#passPiece);
    this.#request.once('end', this.#passEnd);
    this.#await();
  }

  /** The instance can take more. */
  goOn(): void {
    if (this.#socket === undefined || this.#request.readableEnded) return;
    this.#request.resume();
    this.#await();
  }

  /** What is still to come goes nowhere. Reading on is what lets the client hear an answer that came early. */
  discard(): void {
    this.#socket = undefined;
    this.#request.resume();
    this.#await();
  }

  /** Nothing more is read. */
  stop(): void {
    this.#socket = undefined;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#request.removeListener('data', this.#passPiece);
    this.#request.removeListener('end', this.#passEnd);
  }

  #await(): void {
    if (this.#timer === undefined) this.#timer = setTimeout(this.#options.onIdle, this.#options.idleMs).unref();
    else this.#timer.refresh();
  }

  #pass(piece: Buffer): void {
    this.#timer?.refresh();
    const socket = this.#socket;
    if (socket === undefined || socket.destroyed) return;
    if (this.#options.isChunked) {
      socket.cork();
      socket.write(`${piece.length.toString(16)}\r\n`, 'latin1');
      socket.write(piece);
      socket.write('\r\n', 'latin1');
      socket.uncork();
    } else socket.write(piece);
    if (!socket.writableNeedDrain) return;
    this.#request.pause();
    clearTimeout(this.#timer); // now it is the instance that is slow
    this.#timer = undefined;
  }

  #end(): void {
    const socket = this.#socket;
    this.stop();
    if (socket === undefined || socket.destroyed || !this.#options.isChunked) return;
    socket.write(`0\r\n${trailerLines(this.#request.rawTrailers)}\r\n`, 'latin1');
  }
}

function trailerLines(rawTrailers: readonly string[]): string {
  let lines = '';
  eachTrailer(rawTrailers, (name, value) => {
    lines += `${name}: ${value}\r\n`;
  });
  return lines;
}

/** Those of a message that may be passed on. @param rawTrailers names and values by turns */
export function eachTrailer(rawTrailers: readonly string[], take: (name: string, value: string) => void): void {
  for (let at = 0; at + 1 < rawTrailers.length; at += 2) {
    const name = rawTrailers[at] ?? '';
    if (!framing.has(name.toLowerCase())) take(name, rawTrailers[at + 1] ?? '');
  }
}
