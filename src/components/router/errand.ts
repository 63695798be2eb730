import type { AnswerHead } from './answer-head.ts';
import { answerHeaders } from './headers.ts';
import type { Endpoint } from './route-table.ts';
import { refusalAsText } from './send-page.ts';
import { stickyCookie } from './sticky-session.ts';
import type { ForwardCall, UpgradeCall } from './transport.ts';
import type { Visitor } from './visitor.ts';

/** What the app is told of a visitor, and the visitor of the app's answer, by one instance. */
export class Errand implements ForwardCall, UpgradeCall {
  readonly endpoint: Endpoint;
  readonly ownConnection: boolean;
  readonly #visitor: Visitor;
  readonly #traceKey: string;

  /** @param traceKey what a request says that wants to be told who answers it */
  constructor(visitor: Visitor, endpoint: Endpoint, options: { ownConnection: boolean; traceKey: string }) {
    this.endpoint = endpoint;
    this.ownConnection = options.ownConnection;
    this.#visitor = visitor;
    this.#traceKey = options.traceKey;
  }

  get expectsContinue(): boolean {
    return this.#visitor.expectsContinue;
  }

  get failure(): string {
    return refusalAsText({ status: 502, text: 'The app gave no answer.', routerError: 'endpoint_failure' });
  }

  head(): string {
    return this.#visitor.headFor(this.endpoint);
  }

  answerHeaders(head: AnswerHead): string[] {
    const { headers, requestId, localAddress } = this.#visitor;
    this.#visitor.noteAnswer();
    const { host, port, privateInstanceId } = this.endpoint;
    const kept = answerHeaders(head, requestId, stickyCookie(head, privateInstanceId));
    // An app could write them too: theirs come first, ours last.
    if (headers['x-vcap-trace'] === this.#traceKey) {
      kept.push('X-Vcap-Router', localAddress, 'X-Vcap-Backend', `${host}:${port}`);
    }
    return kept;
  }

  onBytes(bytes: number): void {
    this.#visitor.bytesSent += bytes;
  }
}
