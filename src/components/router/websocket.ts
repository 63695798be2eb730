import type { Socket } from 'node:net';
import { closeFrame, WebsocketFrames } from './websocket-frames.ts';

/** "Service restart": the client is to connect again. Of the registry that RFC 6455 began. */
const serviceRestart = 1012;

/** A websocket that the transport carries: when one side is gone the other goes, after what was written to it was sent. */
export class CarriedWebsocket {
  readonly closed: Promise<void>;
  readonly #client: Socket;
  readonly #app: Socket;
  readonly #frames = new WebsocketFrames();
  readonly #follow = (piece: Buffer) => this.#frames.follow(piece);

  /** To be made in the turn in which the two are connected. */
  constructor(client: Socket, app: Socket) {
    this.#client = client;
    this.#app = app;
    this.closed = new Promise((resolve) => client.once('close', () => resolve()));
    client.once('close', () => app.destroySoon());
    app.once('close', () => client.destroySoon());
    // Not before they are connected: what came with the head of the answer would flow here alone.
    process.nextTick(() => app.on('data', this.#follow));
  }

  /**
   * Has it closed as websockets are: the client is asked to, behind the frame that is under way; its reply goes to the
   * app, which hangs up. Whoever takes longer than `limitMs` is hung up on.
   */
  async end(limitMs: number): Promise<void> {
    const timer = setTimeout(() => {
      this.#client.destroySoon();
      this.#app.destroySoon();
    }, limitMs);
    this.#app.unpipe(this.#client);
    this.#app.removeListener('data', this.#follow);
    let isAsked = false;
    const pass = (piece: Buffer) => {
      if (isAsked) return; // what the app says after that comes too late
      const length = this.#frames.finish(piece);
      if (length > 0) this.#client.write(piece.subarray(0, length));
      isAsked = this.#frames.isBetweenFrames;
      if (isAsked) this.#client.write(closeFrame(serviceRestart, 'restart'));
    };
    pass(Buffer.alloc(0));
    this.#app.on('data', pass);
    this.#app.resume();
    await this.closed;
    clearTimeout(timer);
  }
}
