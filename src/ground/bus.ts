import { type ConnectionOptions, connect, type Msg, type NatsConnection, RequestError } from '@nats-io/transport-node';
import { ActionableError, messageOf } from './errors.ts';
import type { Log } from './log.ts';
import { encode, type Parsed, parse } from './message-text.ts';
import type { Exchange, Subject } from './subject.ts';

/** Where a bus is, and who we are there. */
export interface BusAddress {
  /** `nats://host:port` */
  readonly url: string;
  readonly user?: string | undefined;
  readonly password?: string | undefined;
}

/** What came with a message. */
interface Delivery {
  /** The subject it was published on, of interest for families of subjects. */
  readonly subject: string;
}

type Handler<Message> = (message: Message, delivery: Delivery) => void | Promise<void>;

export interface AnswerOptions<Reply> {
  /** Members of a group share the requests: each goes to one of them. */
  readonly queue?: string;
  /** Makes the reply to a request that is not valid; without it such a request is only logged. */
  readonly refuse?: (reason: string, raw: unknown) => Reply;
}

/** What listens on a subject. Disposing it drops messages that are on their way. */
export interface Subscription extends Disposable {
  /** Stops listening; resolves when each message that was sent to us has been given to its handler. */
  drain(): Promise<void>;
}

interface ManyOptions<Reply> {
  readonly limitMs: number;
  readonly expected?: number;
  readonly onReply?: (reply: Reply) => void;
}

/**
 * A connection to the message bus. It reconnects by itself for as long as it lives, and its subscriptions
 * come back with it. Every message is checked against its subject's schema, coming in and going out.
 */
export class Bus implements AsyncDisposable {
  readonly #connection: NatsConnection;
  readonly #log: Log;
  readonly #reconnectListeners = new Set<() => void>();

  private constructor(connection: NatsConnection, log: Log) {
    this.#connection = connection;
    this.#log = log;
    void this.#watchStatus().catch((error: unknown) => log.error('bus status lost', { error: messageOf(error) }));
  }

  /** @throws ActionableError NOBODY_ANSWERED */
  static async connect(address: BusAddress, name: string, log: Log): Promise<Bus> {
    const options: ConnectionOptions = {
      servers: address.url,
      name,
      maxReconnectAttempts: -1,
      reconnectTimeWait: 50,
      reconnectJitter: 50,
      ignoreAuthErrorAbort: true,
      ...(address.user === undefined ? {} : { user: address.user }),
      ...(address.password === undefined ? {} : { pass: address.password }),
    };
    try {
      return new Bus(await connect(options), log);
    } catch (cause) {
      throw new ActionableError(
        'NOBODY_ANSWERED',
        `No message bus answered at ${address.url}.`,
        'Start one with `localpaas up`, or name the right address with `--join nats://host:port`.',
        { cause },
      );
    }
  }

  /** The address of the server we are connected to, `host:port`. */
  get server(): string {
    return this.#connection.getServer();
  }

  /** After `close` nobody hears it. @throws TypeError when the message is not what the subject carries: a bug on our side */
  publish<Message>(subject: Subject<Message>, message: NoInfer<Message>): void {
    const text = encode(subject, message);
    if (!this.#connection.isClosed()) this.#connection.publish(subject.name, text);
  }

  /** Calls `handler` for each valid message, in order of arrival. What it throws is logged. Dispose to stop. */
  subscribe<Message>(
    subject: Subject<Message>,
    handler: Handler<NoInfer<Message>>,
    { queue }: { queue?: string } = {},
  ): Subscription {
    return this.#listen(subject.name, queue, (raw) => {
      const message = this.#decode(subject, raw);
      return message.ok ? handler(message.value, { subject: raw.subject }) : undefined;
    });
  }

  /** Answers requests. A handler that returns `undefined` stays silent; one that throws is logged and silent. */
  answer<Request, Reply>(
    exchange: Exchange<Request, Reply>,
    handler: (request: NoInfer<Request>) => Reply | undefined | Promise<Reply | undefined>,
    options: AnswerOptions<NoInfer<Reply>> = {},
  ): Subscription {
    const replies = async (request: Request): Promise<Reply[]> => {
      const reply = await handler(request);
      return reply === undefined ? [] : [reply];
    };
    return this.answerEach(exchange, replies, options);
  }

  /** Answers requests that get one reply per thing they ask for, such as the instances of an app. */
  answerEach<Request, Reply>(
    exchange: Exchange<Request, Reply>,
    handler: (request: NoInfer<Request>) => readonly Reply[] | Promise<readonly Reply[]>,
    { queue, refuse }: AnswerOptions<NoInfer<Reply>> = {},
  ): Subscription {
    const respond = (raw: Msg, reply: Reply) => {
      if (raw.reply) raw.respond(encode({ name: `reply to ${exchange.name}`, schema: exchange.reply }, reply));
    };
    return this.#listen(exchange.name, queue, async (raw) => {
      const parsed = this.#decode(exchange, raw);
      if (parsed.ok) for (const reply of await handler(parsed.value)) respond(raw, reply);
      else if (refuse !== undefined) respond(raw, refuse(parsed.reason, parsed.raw));
    });
  }

  /** The first reply. @throws Error when nobody answers within `limitMs`, or with nonsense */
  async ask<Request, Reply>(
    exchange: Exchange<Request, Reply>,
    request: NoInfer<Request>,
    { limitMs }: { limitMs: number },
  ): Promise<Reply> {
    const raw = await this.#connection.request(exchange.name, encode(exchange, request), { timeout: limitMs });
    const parsed = parse({ schema: exchange.reply }, raw.data);
    if (!parsed.ok) throw new Error(`The reply to ${exchange.name} is not valid: ${parsed.reason}`);
    return parsed.value;
  }

  /**
   * All replies that come within `limitMs`, or the first `expected` of them. Invalid ones are logged and left out.
   * `onReply` hears of each as it comes, for whoever need not wait for the last.
   */
  async askMany<Request, Reply>(
    exchange: Exchange<Request, Reply>,
    request: NoInfer<Request>,
    { limitMs, expected = Number.POSITIVE_INFINITY, onReply = () => {} }: ManyOptions<NoInfer<Reply>>,
  ): Promise<Reply[]> {
    const replies: Reply[] = [];
    if (expected <= 0) return replies;
    const incoming = await this.#connection.requestMany(exchange.name, encode(exchange, request), {
      strategy: 'count',
      maxMessages: Number.isFinite(expected) ? expected : 1_000_000,
      maxWait: limitMs,
    });
    try {
      for await (const raw of incoming) {
        const reply = this.#decode({ name: `reply to ${exchange.name}`, schema: exchange.reply }, raw);
        if (!reply.ok) continue;
        replies.push(reply.value);
        onReply(reply.value);
      }
    } catch (error) {
      // Nobody subscribes to it: that is no reply, not a failure.
      this.#log.debug('no responders', { subject: exchange.name, error: messageOf(error) });
    }
    return replies;
  }

  /** Resolves when the server has seen everything published before. */
  flush(): Promise<void> {
    return this.#connection.flush();
  }

  /** Calls `listener` each time the connection came back after it was lost. */
  onReconnect(listener: () => void): Disposable {
    this.#reconnectListeners.add(listener);
    return { [Symbol.dispose]: () => void this.#reconnectListeners.delete(listener) };
  }

  /** Gives the server up, which does not answer any more: whoever waits for something is told at once that it fails. */
  async close(): Promise<void> {
    await this.#connection.close();
  }

  /** Sends what is still to be sent, then closes. Without a server to talk to it closes at once. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#connection.isClosed()) return;
    const drained = this.#connection.drain().catch(() => this.#connection.close());
    const timer = setTimeout(() => void this.#connection.close(), 2_000);
    await drained.finally(() => clearTimeout(timer));
  }

  /** For the other door of the NATS libraries, `bucket.ts`. */
  static connectionOf(bus: Bus): NatsConnection {
    return bus.#connection;
  }

  #listen(name: string, queue: string | undefined, receive: (raw: Msg) => void | Promise<void>): Subscription {
    const subscription = this.#connection.subscribe(name, {
      ...(queue === undefined ? {} : { queue }),
      callback: (error, raw) => {
        if (error !== null) return this.#log.warn('subscription failed', { subject: name, error: error.message });
        const failed = (cause: unknown) =>
          this.#log.error('message not handled', { subject: raw.subject, error: messageOf(cause) });
        try {
          const handled = receive(raw);
          if (handled !== undefined) handled.catch(failed);
        } catch (cause) {
          failed(cause);
        }
      },
    });
    return {
      [Symbol.dispose]: () => {
        if (!this.#connection.isClosed()) subscription.unsubscribe();
      },
      drain: async () => {
        if (!this.#connection.isClosed()) await subscription.drain();
      },
    };
  }

  /** The message, or why it was refused, which has been logged then. */
  #decode<Message>(subject: Subject<Message>, raw: Msg): Parsed<Message> {
    const parsed = parse(subject, raw.data);
    if (!parsed.ok) this.#log.warn('message refused', { subject: raw.subject, reason: parsed.reason });
    return parsed;
  }

  async #watchStatus(): Promise<void> {
    for await (const status of this.#connection.status()) {
      if (status.type === 'disconnect') this.#log.warn('bus lost', { server: status.server });
      if (status.type !== 'reconnect') continue;
      this.#log.info('bus is back', { server: status.server });
      for (const listener of this.#reconnectListeners) this.#tell(listener);
    }
  }

  /** A listener that fails is no reason not to tell the others. */
  #tell(listener: () => void): void {
    try {
      listener();
    } catch (error) {
      this.#log.error('reconnect listener failed', { error: messageOf(error) });
    }
  }
}

/** Whether a request failed because nobody listens to its subject; that shows at once. */
export function isUnheard(error: unknown): boolean {
  return error instanceof RequestError && error.isNoResponders();
}
