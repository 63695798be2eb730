import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { waitFor } from '#ground/wait.ts';
import type { Scope } from './spec.ts';

export interface OldMessage {
  readonly subject: string;
  readonly reply: string | undefined;
  readonly text: string;
}

/** What the old client raises on: a control line it has no pattern for. */
const known = /^(MSG \S+ \d+ (\S+ )?\d+|-ERR\s+'[^']*'|\+OK|PING|PONG|INFO .+)$/i;

/**
 * A client of the bus with the habits of the Ruby client of 2012 (nats 0.4.24), as they were recorded: it sends CONNECT
 * and PING before it has read INFO, writes two blanks where a queue group or a reply is absent, counts its subscriptions
 * from 2, has an inbox of its own for each request, and sends nothing at all as an empty payload. It knows no headers.
 */
export class OldClient implements Disposable {
  /** Every control line that the server sent. */
  readonly heard: string[] = [];
  /** Control lines in which the old client would raise an error. */
  readonly poisonous: string[] = [];
  readonly #socket: Socket;
  readonly #listeners = new Map<number, (message: OldMessage) => void>();
  #sid = 1;
  #buffer = Buffer.alloc(0);
  #pongs = 0;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('error', () => {}); // who waits for an answer gets none, and says so
    socket.on('data', (chunk) => this.#take(chunk));
  }

  /** Resolves with the PONG of its first PING, as the old client calls its block then. */
  static async connect(scope: Scope, port: number, account: { user?: string; pass?: string } = {}): Promise<OldClient> {
    const socket = connect(port, '127.0.0.1');
    const client = scope.use(new OldClient(socket));
    socket.setNoDelay(true);
    await new Promise<void>((done, failed) => socket.once('connect', done).once('error', failed));
    client.send(`CONNECT ${JSON.stringify({ verbose: false, pedantic: false, ...account })}\r\nPING\r\n`);
    await client.#awaitPong(1);
    return client;
  }

  /** Bytes as they are. */
  send(text: string): void {
    this.#socket.write(text);
  }

  /** @returns the number of the subscription */
  subscribe(subject: string, listener: (message: OldMessage) => void, queue = ''): number {
    this.#sid += 1;
    this.#listeners.set(this.#sid, listener);
    this.send(`SUB ${subject} ${queue} ${this.#sid}\r\n`);
    return this.#sid;
  }

  publish(subject: string, message: object | undefined, reply = ''): void {
    const payload = message === undefined ? '' : JSON.stringify(message);
    this.send(`PUB ${subject} ${reply} ${Buffer.byteLength(payload)}\r\n${payload}\r\n`);
  }

  /** @param most replies after which the server is to end the subscription; without it nobody ever does */
  request(
    subject: string,
    message: object | undefined,
    listener: (message: OldMessage) => void,
    most?: number,
  ): string {
    const inbox = `_INBOX.${randomBytes(13).toString('hex')}`;
    const sid = this.subscribe(inbox, listener);
    if (most !== undefined) this.send(`UNSUB ${sid} ${most}\r\n`);
    this.publish(subject, message, inbox);
    return inbox;
  }

  /** The first reply, as JSON. */
  async ask(subject: string, message: object | undefined, limitMs = 15_000): Promise<Record<string, unknown>> {
    let text: string | undefined;
    this.request(
      subject,
      message,
      (reply) => {
        text ??= reply.text;
      },
      1,
    );
    return JSON.parse(await waitFor(`a reply to ${subject}`, () => text, { limitMs })) as Record<string, unknown>;
  }

  /** Resolves when the server has seen everything that was sent. */
  async flush(): Promise<void> {
    const before = this.#pongs;
    this.send('PING\r\n');
    await this.#awaitPong(before + 1);
  }

  [Symbol.dispose](): void {
    this.#socket.destroy();
  }

  async #awaitPong(number: number): Promise<void> {
    await waitFor('the PONG of the server', () => (this.#pongs >= number ? true : undefined), { limitMs: 15_000 });
  }

  #take(chunk: Buffer): void {
    this.#buffer = Buffer.concat([this.#buffer, chunk]);
    for (let end = this.#buffer.indexOf('\r\n'); end >= 0; end = this.#buffer.indexOf('\r\n')) {
      const line = this.#buffer.toString('utf8', 0, end);
      const size = /^MSG /i.test(line) ? Number(line.split(/\s+/).at(-1)) : undefined;
      const after = end + 2 + (size === undefined ? 0 : size + 2);
      if (this.#buffer.length < after) return;
      const payload = this.#buffer.toString('utf8', end + 2, end + 2 + (size ?? 0));
      this.#buffer = this.#buffer.subarray(after);
      this.#hear(line, payload);
    }
  }

  #hear(line: string, text: string): void {
    this.heard.push(line);
    if (!known.test(line.trimEnd())) this.poisonous.push(line);
    if (line === 'PONG') this.#pongs += 1;
    if (line === 'PING') this.send('PONG\r\n');
    const words = line.split(/\s+/);
    if (words[0] !== 'MSG') return;
    const [, subject = '', sid = '', reply] = words;
    this.#listeners.get(Number(sid))?.({ subject, reply: words.length > 4 ? reply : undefined, text });
  }
}
