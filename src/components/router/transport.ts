import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { AnswerHead } from './answer-head.ts';

/** A request on its way to one instance. */
interface Call {
  readonly endpoint: { readonly host: string; readonly port: number };
  /** The request line and the headers, each with its line end, but for headers that concern the connection. */
  head(): string;
  /** The headers of the client's answer, names and values by turns. */
  answerHeaders(head: AnswerHead): string[];
}

/** Changes a body on its way to the client. It may keep some bytes back until more come. */
export interface BodyFilter {
  /** @param piece a string is Latin-1 */
  take(piece: Buffer | string): Buffer;
  /** What is left at the end. */
  end(): Buffer;
}

export interface ForwardCall extends Call {
  /** For a request that must not arrive twice: it gets a connection that nobody used before. */
  readonly ownConnection: boolean;
  /** The client waits for `100 Continue`, which is the app's to say. */
  readonly expectsContinue: boolean;
  /** Of the answer's body; known once there are `answerHeaders`. */
  readonly filter: BodyFilter | undefined;
  /** Told of each piece of the answer's body. */
  onBytes(bytes: number): void;
}

export interface UpgradeCall extends Call {
  /** What the client gets when the app accepts the connection and gives no answer: a whole HTTP answer. */
  readonly failure: string;
}

/** What became of an attempt to have one instance answer. */
export type Attempt =
  /** The client has an answer, or the beginning of one, or is gone: nothing is left to do. */
  | { readonly result: 'answered'; readonly status: number }
  /** There was no connection: nothing was sent, and nothing of the body was read. */
  | { readonly result: 'unreached'; readonly error: Error }
  /** The connection ended before the first byte of an answer. A kept one may have been closing all along. */
  | { readonly result: 'silent'; readonly error: Error; readonly wasKept: boolean }
  /** Something came that is no answer; the client has nothing of it. */
  | { readonly result: 'nonsense'; readonly error: Error };

/** Carries requests to instances and answers to clients. It decides nothing and tries once. */
export interface Transport extends Disposable {
  /** How many connections to instances there are, websockets included. */
  readonly connections: number;
  /** Settles when the answer is complete, or nothing more will come of it. */
  forward(request: IncomingMessage, response: ServerResponse, call: ForwardCall): Promise<Attempt>;
  /** The same for a request to become a websocket; the socket has to have a listener for errors. */
  upgrade(request: IncomingMessage, socket: Socket, head: Buffer, call: UpgradeCall): Promise<Attempt>;
  /** Has the websockets there are closed as websockets are; cuts those that are still there after `limitMs`. */
  endWebsockets(limitMs: number): Promise<void>;
}
