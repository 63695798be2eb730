import type { AnswerHead } from './answer-head.ts';
import { answerHeaders } from './headers.ts';
import type { LivePage } from './live-reload/live-page.ts';
import type { Endpoint } from './route-table.ts';
import { refusalAsText } from './send-page.ts';
import { stickyCookie } from './sticky-session.ts';
import type { BodyFilter, ForwardCall, UpgradeCall } from './transport.ts';
import type { Visitor } from './visitor.ts';

interface ErrandOptions {
  readonly ownConnection: boolean;
  /** What a request says that wants to be told who answers it. */
  readonly traceKey: string;
  /** Of an app that somebody works on. */
  readonly page?: LivePage | undefined;
}

/** What the app is told of a visitor, and the visitor of the app's answer, by one instance. */
export class Errand implements ForwardCall, UpgradeCall {
  readonly endpoint: Endpoint;
  readonly ownConnection: boolean;
  readonly #visitor: Visitor;
  readonly #traceKey: string;
  readonly #page: LivePage | undefined;

  constructor(visitor: Visitor, endpoint: Endpoint, { ownConnection, traceKey, page }: ErrandOptions) {
    this.endpoint = endpoint;
    this.ownConnection = ownConnection;
    this.#visitor = visitor;
    this.#traceKey = traceKey;
    this.#page = page;
  }

  get expectsContinue(): boolean {
    return this.#visitor.expectsContinue;
  }

  get failure(): string {
    return refusalAsText({ status: 502, text: 'The app gave no answer.', routerError: 'endpoint_failure' });
  }

  get filter(): BodyFilter | undefined {
    return this.#page?.filter;
  }

  head(): string {
    const head = this.#visitor.headFor(this.endpoint);
    return this.#page === undefined ? head : this.#page.requestHead(head);
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
    return this.#page === undefined ? kept : this.#page.answerHeaders(head, kept);
  }

  onBytes(bytes: number): void {
    this.#visitor.bytesSent += bytes;
  }
}
