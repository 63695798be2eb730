import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AnswerHead, Framing } from './answer-head.ts';
import { AnswerParser, type AnswerSink } from './answer-parser.ts';
import type { Sender } from './bursts.ts';
import { hasBody } from './check-request.ts';
import { cutOff, endAfterUpload } from './end-answer.ts';
import type { ConnectionUser, InstanceConnection } from './instance-connection.ts';
import type { InstancePool } from './instance-pool.ts';
import { passNews } from './pass-news.ts';
import { sendRefusal } from './send-page.ts';
import type { Attempt, BodyFilter, ForwardCall } from './transport.ts';
import { eachTrailer, Upload } from './upload.ts';

/** One attempt to have an instance answer a request, from the first byte that is sent to the last of the answer. */
export class Exchange implements ConnectionUser, AnswerSink, Sender {
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #call: ForwardCall;
  readonly #pool: InstancePool;
  readonly #parser = new AnswerParser();
  readonly #leave = () => this.#clientLeft();
  #connection: InstanceConnection | undefined;
  #wasKept = false;
  #settle: (attempt: Attempt) => void = () => {};
  #upload: Upload | undefined;
  #isAsked = false;
  #hasBytes = false;
  #hasHead = false;
  #isFlushed = false;
  #isPaused = false;
  #isContinued = false;
  #mayStay = false;
  #filter: BodyFilter | undefined;
  /** The last piece that came in this turn: when nothing follows it ends the answer, in one go. */
  #held: Buffer | string | undefined;
  #stall: NodeJS.Timeout | undefined;

  /** @param pool gets the connection back if it can serve another request */
  constructor(request: IncomingMessage, response: ServerResponse, call: ForwardCall, pool: InstancePool) {
    this.#request = request;
    this.#response = response;
    this.#call = call;
    this.#pool = pool;
  }

  run(connection: InstanceConnection, wasKept: boolean): Promise<Attempt> {
    this.#connection = connection;
    this.#wasKept = wasKept;
    this.#parser.begin(this, this.#request.method === 'HEAD');
    connection.lendTo(this);
    this.#response.on('close', this.#leave);
    const over = new Promise<Attempt>((settle) => {
      this.#settle = settle;
    });
    if (hasBody(this.#request.headers)) this.#startUpload(connection);
    else this.#pool.bursts.add(this);
    return over;
  }

  /** First the request leaves, later a whole answer. */
  send(): void {
    if (this.#isAsked) this.#endAnswer();
    else if (this.#connection !== undefined) this.#ask(this.#connection, '');
  }

  #ask({ socket }: InstanceConnection, expectation: string): void {
    this.#isAsked = true;
    const connection = this.#call.ownConnection ? 'Connection: close\r\n' : '';
    socket.write(`${this.#call.head()}${connection}${expectation}\r\n`, 'latin1');
  }

  #startUpload(connection: InstanceConnection): void {
    this.#ask(connection, this.#call.expectsContinue ? 'Expect: 100-continue\r\n' : '');
    const isChunked = this.#request.headers['transfer-encoding'] !== undefined;
    const onIdle = () => this.#clientIdles();
    this.#upload = new Upload(this.#request, { isChunked, idleMs: this.#pool.limits.bodyIdleMs, onIdle });
    this.#upload.startTo(connection.socket);
  }

  onDrain(): void {
    this.#upload?.goOn();
  }

  onBytes(bytes: Buffer, length: number): boolean {
    if (!this.#isAsked) {
      this.#fail(new Error('the app says something that nobody asked for'));
      return false;
    }
    this.#hasBytes = true;
    let used: number;
    try {
      used = this.#parser.feed(bytes, length);
    } catch (error) {
      this.#fail(error as Error); // NotHttp, or Node's objection to a head
      return false;
    }
    if (this.#parser.isDone) {
      this.#over(used === length);
      return true;
    }
    this.#writeHeld();
    if (this.#hasHead && !this.#isFlushed) this.#flush();
    return !this.#isPaused;
  }

  onNews(head: AnswerHead): void {
    if (head.statusCode === 100) this.#isContinued = true;
    passNews(head, this.#response, this.#call.expectsContinue);
  }

  onHead(head: AnswerHead, framing: Framing): void {
    const { headers, isModern } = head;
    const isClosing = headers.connection !== undefined && /\bclose\b/i.test(headers.connection);
    this.#mayStay = isModern && !isClosing && framing !== 'until-closed' && !this.#call.ownConnection;
    if (this.#mayStay && this.#connection !== undefined) {
      this.#connection.idleLimitMs = idleLimitMs(headers['keep-alive']);
    }
    // A body that nobody asked for yet may come or not: what follows on this connection means nothing.
    if (this.#isAwaited) this.#response.shouldKeepAlive = false;
    this.#response.writeHead(head.statusCode, head.statusMessage, this.#call.answerHeaders(head));
    this.#filter = this.#call.filter;
    this.#hasHead = true;
  }

  onBody(piece: Buffer | string): void {
    this.#hold(this.#filter === undefined ? piece : this.#filter.take(piece));
  }

  onEnd(trailers: readonly string[]): void {
    if (this.#filter !== undefined) this.#hold(this.#filter.end());
    if (trailers.length > 0) {
      const pairs: [string, string][] = [];
      eachTrailer(trailers, (name, value) => pairs.push([name, value]));
      this.#response.addTrailers(pairs);
    }
    const isEarly = this.#upload !== undefined && !this.#request.readableEnded;
    if (isEarly && !this.#response.shouldKeepAlive && !this.#isAwaited) {
      this.#writeHeld();
      this.#flush();
      endAfterUpload(this.#request, this.#response);
      return;
    }
    if (this.#isFlushed) this.#endAnswer();
    else this.#pool.bursts.add(this);
  }

  #endAnswer(): void {
    const { socket } = this.#request;
    socket.cork(); // so that head and body leave as one, and now
    this.#writeHeld();
    socket.uncork();
    this.#response.end();
  }

  onGone(error: Error | undefined): void {
    if (error === undefined && this.#parser.endsWithConnection) {
      this.#parser.finish();
      this.#over(false);
      return;
    }
    const what = this.#hasBytes ? 'the connection ended within the answer' : 'the connection ended without an answer';
    this.#fail(error ?? new Error(what));
  }

  /** Whether the client waits for a word before it sends its body. */
  get #isAwaited(): boolean {
    return this.#call.expectsContinue && !this.#isContinued;
  }

  #hold(piece: Buffer | string): void {
    this.#writeHeld();
    if (piece.length === 0) return;
    this.#held = piece;
    this.#call.onBytes(piece.length);
  }

  #writeHeld(): void {
    const held = this.#held;
    if (held === undefined) return;
    this.#held = undefined;
    this.#isFlushed = true;
    const isTaken = typeof held === 'string' ? this.#response.write(held, 'latin1') : this.#response.write(held);
    if (!isTaken && !this.#isPaused) this.#pause();
  }

  /** What follows may be far away: the client is to know at once that the app answers. */
  #flush(): void {
    this.#isFlushed = true;
    this.#response.flushHeaders();
  }

  #pause(): void {
    this.#isPaused = true;
    const stalled = () => {
      if (this.#isPaused) this.#response.destroy();
    };
    if (this.#stall === undefined) this.#stall = setTimeout(stalled, this.#pool.limits.stallMs).unref();
    else this.#stall.refresh();
    this.#response.once('drain', () => {
      this.#isPaused = false;
      this.#connection?.socket.resume();
    });
  }

  /** The answer is complete. @param isClean whether nothing came after it */
  #over(isClean: boolean): void {
    const connection = this.#release();
    const isUploaded = this.#upload === undefined || this.#request.readableEnded;
    if (connection !== undefined && this.#mayStay && isClean && isUploaded) this.#pool.giveBack(connection);
    else connection?.socket.destroy();
    if (!isUploaded) this.#discardRest();
    this.#settle({ result: 'answered', status: this.#response.statusCode });
  }

  #fail(error: Error): void {
    this.#writeHeld();
    this.#release()?.socket.destroy();
    if (this.#hasHead) {
      this.#upload?.stop();
      cutOff(this.#request.socket);
      this.#settle({ result: 'answered', status: this.#response.statusCode });
      return;
    }
    this.#discardRest();
    if (this.#hasBytes) this.#settle({ result: 'nonsense', error });
    else this.#settle({ result: 'silent', error, wasKept: this.#wasKept });
  }

  #clientLeft(): void {
    this.#upload?.stop();
    this.#release()?.socket.destroy();
    this.#settle({ result: 'answered', status: this.#hasHead ? this.#response.statusCode : 499 });
  }

  /** The client sends nothing of its body any more. */
  #clientIdles(): void {
    if (this.#connection === undefined || this.#hasHead) {
      this.#request.socket.destroy();
      return;
    }
    this.#upload?.stop();
    this.#release()?.socket.destroy();
    sendRefusal(this.#response, { status: 408, text: 'The body of the request did not come in time.' });
    this.#settle({ result: 'answered', status: 408 });
  }

  #discardRest(): void {
    const upload = this.#upload;
    if (upload === undefined) return;
    if (this.#request.closed) {
      upload.stop();
      return;
    }
    upload.discard();
    this.#request.once('close', () => upload.stop());
  }

  #release(): InstanceConnection | undefined {
    const connection = this.#connection;
    this.#connection = undefined;
    connection?.lendTo(undefined);
    this.#response.removeListener('close', this.#leave);
    clearTimeout(this.#stall);
    return connection;
  }
}

/** A second less than the instance says it waits for the next request. */
function idleLimitMs(keepAlive: string | undefined): number {
  const seconds = keepAlive === undefined ? undefined : /\btimeout=(\d{1,6})/i.exec(keepAlive)?.[1];
  return seconds === undefined ? Number.POSITIVE_INFINITY : Math.max(500, (Number(seconds) - 1) * 1_000);
}
