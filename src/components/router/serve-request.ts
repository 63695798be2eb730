import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Bus } from '#ground/bus.ts';
import { messageOf } from '#ground/errors.ts';
import type { Log } from '#ground/log.ts';
import type { AccessLog } from './access-log.ts';
import type { ActiveApps } from './active-apps.ts';
import { checkRequest, checkUpgrade, isRefusal, isRepeatable } from './check-request.ts';
import { type Absence, type Directory, EndpointSearch, isAbsence, type Patience } from './find-endpoint.ts';
import type { Handover } from './handover.ts';
import { answerHeaders, requestHeaders, upgradeHeaders } from './headers.ts';
import { type Page, pageFor, redirectPage } from './page.ts';
import type { Endpoint } from './route-table.ts';
import { lastWords, pageAsText, refusalAsText, sendPage, sendRefusal } from './send-page.ts';
import { stickyCookie, stickyIdOf } from './sticky-session.ts';
import type { Traffic } from './traffic.ts';
import type { Attempt, Call, Transport } from './transport.ts';
import { Visitor } from './visitor.ts';

/** What serving requests takes. */
export interface Service {
  readonly directory: Directory;
  readonly patience: Patience;
  readonly transport: Transport;
  readonly handover: Handover;
  readonly accessLog: AccessLog;
  readonly traffic: Traffic;
  readonly activeApps: ActiveApps;
  /** Where requests are sent that no app is there for. */
  readonly notFoundRedirect: string | undefined;
  /** What a request says that wants to be told who answers it. */
  readonly traceKey: string;
  readonly bus: Bus;
  readonly log: Log;
}

/**
 * Has an instance answer a request, or says why none does.
 * @param expectsContinue whether the client sends the body only when it is told to
 */
export async function serveRequest(
  service: Service,
  request: IncomingMessage,
  response: ServerResponse,
  expectsContinue: boolean,
): Promise<void> {
  response.on('error', () => {}); // the client is gone, which `close` says too
  const checked = checkRequest(request);
  if (isRefusal(checked)) {
    service.traffic.countBad(performance.now());
    return sendRefusal(response, checked);
  }

  const visitor = new Visitor(request, checked);
  const isRepeated = isRepeatable(request);
  response.once('close', () => record(service, visitor, response.headersSent ? response.statusCode : 499));
  const onBytes = (bytes: number) => {
    visitor.bytesSent += bytes;
  };
  const attempt = async (endpoint: Endpoint) => {
    if (endpoint.app === undefined) service.handover.noteOwn(response);
    const headers = requestHeaders(visitor.headers, visitor.originFor(endpoint));
    const call = { ...callTo(service, endpoint, visitor), headers, expectsContinue, onBytes };
    const first = await service.transport.forward(request, response, { ...call, ownConnection: !isRepeated });
    // A kept connection that ends without a word was being closed by the app while the request was on its way.
    const isWorthAnother = first.result === 'silent' && first.wasKept && !response.destroyed;
    return isWorthAnother ? service.transport.forward(request, response, { ...call, ownConnection: true }) : first;
  };
  const absence = await findAnswer(service, visitor, { attempt, client: response });
  if (absence === undefined || response.destroyed) return;
  visitor.hasPage = true;
  onBytes(sendPage(response, await pageOf(service, visitor, absence), visitor.requestId));
}

/** Has an instance take over a connection as a websocket, or says why none does. The socket has a listener for errors. */
export async function serveUpgrade(
  service: Service,
  request: IncomingMessage,
  socket: Socket,
  head: Buffer,
): Promise<void> {
  const checked = checkUpgrade(request);
  if (isRefusal(checked)) {
    service.traffic.countBad(performance.now());
    socket.end(refusalAsText(checked));
    return;
  }
  const visitor = new Visitor(request, checked);
  let status = 499;
  const attempt = async (endpoint: Endpoint) => {
    const outcome = await service.transport.upgrade(request, socket, head, {
      ...callTo(service, endpoint, visitor),
      headers: upgradeHeaders(visitor.headers, visitor.originFor(endpoint)),
      failure: refusalAsText({ status: 502, text: 'The app gave no answer.', routerError: 'endpoint_failure' }),
    });
    if (outcome.result === 'answered') status = outcome.status;
    return outcome;
  };
  const absence = await findAnswer(service, visitor, { attempt, client: socket });
  if (absence !== undefined) {
    const page = await pageOf(service, visitor, absence);
    status = page.status;
    visitor.hasPage = true;
    if (socket.writable) socket.end(pageAsText(page, visitor.requestId));
  }
  record(service, visitor, status);
}

function callTo({ traceKey }: Service, endpoint: Endpoint, visitor: Visitor): Omit<Call, 'headers'> {
  return {
    endpoint,
    target: visitor.destination.target,
    answerHeaders: (head) => {
      visitor.noteAnswer();
      const cookie = stickyCookie(head, endpoint.privateInstanceId);
      const headers = answerHeaders(head, visitor.requestId, cookie);
      return visitor.headers['x-vcap-trace'] === traceKey ? withTrace(headers, visitor, endpoint) : headers;
    },
  };
}

/** An app could write them too: theirs come first, ours last. */
function withTrace(headers: readonly string[], { localAddress }: Visitor, { host, port }: Endpoint): string[] {
  return [...headers, 'X-Vcap-Router', localAddress, 'X-Vcap-Backend', `${host}:${port}`];
}

interface Errand {
  readonly attempt: (endpoint: Endpoint) => Promise<Attempt>;
  readonly client: ServerResponse | Socket;
}

/** @returns why there is no answer, or `undefined` when there is one */
async function findAnswer(service: Service, visitor: Visitor, errand: Errand): Promise<Absence | undefined> {
  const { attempt, client } = errand;
  const absence = await askInstances(service, visitor, errand);
  if (absence === undefined || absence.why === 'broken') return absence;
  const successor = await service.handover.successor(() => departureOf(client));
  if (successor === undefined) return absence;
  visitor.app = undefined; // the successor keeps the log of this visit
  const outcome = await attempt(successor);
  return outcome.result === 'answered' || client.destroyed ? undefined : absence;
}

/** Tries one endpoint after the other. */
async function askInstances(
  service: Service,
  visitor: Visitor,
  { attempt, client }: Errand,
): Promise<Absence | undefined> {
  const { directory, patience, handover, log } = service;
  const stickyId = stickyIdOf(visitor.headers.cookie);
  const gone = () => departureOf(client);
  const search = new EndpointSearch(directory, visitor.destination, { ...patience, stickyId, gone });
  for (;;) {
    const found = handover.keepFromOwn(await search.next());
    if (isAbsence(found)) {
      visitor.app ??= appOf(service, visitor)?.app;
      return found;
    }
    visitor.endpoint = found;
    visitor.app = found.app;
    service.activeApps.note(found.app);
    const outcome = await attempt(found);
    if (outcome.result === 'answered') {
      found.isLeftOut = false;
      return undefined;
    }
    if (client.destroyed) return undefined;
    const isUnreached = outcome.result === 'unreached';
    report(log, found, outcome.error, isUnreached && !found.isLeftOut);
    if (!isUnreached) return { why: 'broken', app: appOf(service, visitor), detail: messageOf(outcome.error) };
    found.isLeftOut = true;
  }
}

/** @param isNews whether it is the first time */
function report(log: Log, { app, index, host, port }: Endpoint, error: Error, isNews: boolean): void {
  const fields = { app, index, endpoint: `${host}:${port}`, error: messageOf(error) };
  if (isNews) log.warn('instance not reached', fields);
  else log.debug('request not answered', fields);
}

function appOf({ directory }: Service, { destination }: Visitor) {
  return directory.states.find(destination.host, destination.target);
}

/** Aborts when the client leaves. */
function departureOf(client: ServerResponse | Socket): AbortSignal {
  const departure = new AbortController();
  if (client.destroyed) departure.abort();
  client.once('close', () => departure.abort());
  return departure.signal;
}

async function pageOf(
  { bus, directory, notFoundRedirect }: Service,
  visitor: Visitor,
  absence: Absence,
): Promise<Page> {
  const hasFailed = absence.why === 'crashed' || absence.why === 'unreachable' || absence.why === 'broken';
  const lines = hasFailed && absence.app !== undefined ? await lastWords(bus, absence.app.app) : [];
  const { destination, requestId } = visitor;
  const facts = { host: destination.host, requestId, apps: directory.states.all(), lines };
  const isNobody = absence.why === 'unknown' || absence.why === 'stopped';
  return isNobody && notFoundRedirect !== undefined ? redirectPage(notFoundRedirect, facts) : pageFor(absence, facts);
}

function record({ accessLog, activeApps, traffic }: Service, visitor: Visitor, status: number): void {
  if (!visitor.hasPage) activeApps.note(visitor.app); // it may have taken long
  if (visitor.hasPage) traffic.countBad(performance.now());
  else traffic.count(visitor.passage(status), performance.now());
  const visit = visitor.visit(status);
  if (visit !== undefined) accessLog.add(visit);
}
