import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Bus } from '#ground/bus.ts';
import { messageOf } from '#ground/errors.ts';
import type { Log } from '#ground/log.ts';
import type { AccessFile } from './access-file.ts';
import type { AccessLog } from './access-log.ts';
import type { ActiveApps, AppUse } from './active-apps.ts';
import { checkRequest, checkUpgrade, isRefusal, isRepeatable } from './check-request.ts';
import { Errand } from './errand.ts';
import { type Absence, type Directory, EndpointSearch, isAbsence, type Patience } from './find-endpoint.ts';
import type { Handover } from './handover.ts';
import type { LiveReload } from './live-reload/live-reload.ts';
import type { Metrics } from './metrics.ts';
import { type Page, pageFor, redirectPage } from './page.ts';
import type { Probes } from './probe-instances.ts';
import type { Endpoint } from './route-table.ts';
import { lastWords, pageAsText, refusalAsText, sendPage, sendRefusal } from './send-page.ts';
import { stickyIdOf } from './sticky-session.ts';
import type { Traffic } from './traffic.ts';
import type { Attempt, Transport } from './transport.ts';
import { Visitor } from './visitor.ts';

/** What serving requests takes. */
export interface Service {
  readonly directory: Directory;
  readonly patience: Patience;
  readonly transport: Transport;
  readonly handover: Handover;
  readonly probes: Probes;
  readonly accessLog: AccessLog;
  readonly accessFile: AccessFile | undefined;
  readonly traffic: Traffic;
  readonly metrics: Metrics;
  readonly activeApps: ActiveApps;
  readonly liveReload: LiveReload;
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
    countRefusal(service);
    return sendRefusal(response, checked);
  }

  const { liveReload } = service;
  if (liveReload.isOn && liveReload.serve(request, response, checked)) return;
  const visitor = new Visitor(request, checked, expectsContinue);
  const isRepeated = isRepeatable(request);
  response.on('close', () => record(service, visitor, response.headersSent ? response.statusCode : 499));
  const attempt = (endpoint: Endpoint, isRepetition: boolean) => {
    if (endpoint.app === undefined) service.handover.noteOwn(response);
    const ownConnection = !isRepeated || isRepetition;
    const page = liveReload.isOn ? liveReload.page(request, checked, endpoint.app) : undefined;
    const errand = new Errand(visitor, endpoint, { ownConnection, traceKey: service.traceKey, page });
    return service.transport.forward(request, response, errand);
  };
  const absence = await findAnswer(service, visitor, { attempt, isRepeatable: isRepeated, client: response });
  if (absence === undefined || response.destroyed) return;
  visitor.hasPage = true;
  // The body may come or not, as nobody has asked for it: what follows on this connection means nothing.
  if (expectsContinue && !request.complete) response.shouldKeepAlive = false;
  const page = await pageOf(service, visitor, absence);
  const script = liveReload.isOn && request.method === 'GET' ? scriptFor(service, visitor, absence) : undefined;
  visitor.bytesSent += sendPage(response, page, visitor.requestId, script);
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
    countRefusal(service);
    socket.end(refusalAsText(checked));
    return;
  }
  const visitor = new Visitor(request, checked, false);
  let status = 499;
  const attempt = async (endpoint: Endpoint) => {
    const errand = new Errand(visitor, endpoint, { ownConnection: true, traceKey: service.traceKey });
    const outcome = await service.transport.upgrade(request, socket, head, errand);
    if (outcome.result !== 'answered') return outcome;
    status = outcome.status;
    if (status === 101) keepBusy(endpoint, socket);
    return outcome;
  };
  const absence = await findAnswer(service, visitor, { attempt, isRepeatable: false, client: socket });
  if (absence !== undefined) {
    const page = await pageOf(service, visitor, absence);
    status = page.status;
    visitor.hasPage = true;
    if (socket.writable) socket.end(pageAsText(page, visitor.requestId));
  }
  record(service, visitor, status);
}

/** A websocket is work for its instance for as long as it is open. */
function keepBusy(endpoint: Endpoint, client: Socket): void {
  if (client.destroyed) return;
  endpoint.active += 1;
  client.once('close', () => {
    endpoint.active -= 1;
  });
}

interface Attempting {
  readonly attempt: (endpoint: Endpoint, isRepetition: boolean) => Promise<Attempt>;
  /** Whether it does no harm to ask twice. */
  readonly isRepeatable: boolean;
  readonly client: ServerResponse | Socket;
}

/** Tries one endpoint after the other. @returns why there is no answer, or `undefined` when there is one */
async function findAnswer(service: Service, visitor: Visitor, attempting: Attempting): Promise<Absence | undefined> {
  const { client } = attempting;
  const { patience, handover } = service;
  const gone = () => departureOf(client);
  const stickyId = stickyIdOf(visitor.headers.cookie);
  const search = new EndpointSearch(service.directory, visitor.destination, { patience, stickyId, gone });
  let silence: Absence | undefined;
  for (;;) {
    const next = search.next();
    const found = handover.keepFromOwn(next instanceof Promise ? await next : next);
    if (isAbsence(found)) return askSuccessor(service, visitor, attempting, absenceAfter(silence, found));
    visitor.visits(found);
    const outcome = await askAt(service, found, attempting, silence !== undefined);
    const result = resultOf(service, visitor, found, outcome);
    if (client.destroyed) return undefined;
    if (result === 'unreached') continue;
    const mayAskElsewhere = outcome.result === 'silent' && attempting.isRepeatable && silence === undefined;
    if (!mayAskElsewhere) return result;
    silence = result;
  }
}

async function askAt(
  service: Service,
  endpoint: Endpoint,
  attempting: Attempting,
  wasAskedTwice: boolean,
): Promise<Attempt> {
  const { attempt, client } = attempting;
  const use = service.activeApps.begin(endpoint.app);
  endpoint.active += 1;
  let outcome = await attempt(endpoint, false);
  if (isWorthAnother(outcome, attempting, wasAskedTwice)) outcome = await attempt(endpoint, true);
  endpoint.active -= 1;
  endUse(service, use, outcome, client);
  return outcome;
}

/** An instance that said nothing at all may have crashed, which is told then; else it does not refuse, but is silent. */
function absenceAfter(silence: Absence | undefined, absence: Absence): Absence {
  return silence !== undefined && absence.why === 'unreachable' ? silence : absence;
}

/** The app is used for as long as a websocket is open. */
function endUse(
  { activeApps }: Service,
  use: AppUse | undefined,
  outcome: Attempt,
  client: Attempting['client'],
): void {
  const isWebsocket = outcome.result === 'answered' && outcome.status === 101;
  if (isWebsocket && !client.destroyed) client.once('close', () => activeApps.end(use));
  else activeApps.end(use);
}

/**
 * A connection that ends without a word was being closed by the app while the request was on its way, or the app died of
 * something else: what may be asked twice is asked again, as gorouter does. One that is dying accepts connections for a
 * moment, so the third time another instance is asked, or the one that takes its place.
 */
function isWorthAnother(
  outcome: Attempt,
  { client, isRepeatable: mayRepeat }: Attempting,
  wasAskedTwice: boolean,
): boolean {
  return outcome.result === 'silent' && (outcome.wasKept || (mayRepeat && !wasAskedTwice)) && !client.destroyed;
}

/** @returns `undefined` for an answer, why there will be none, or that another endpoint may have one */
function resultOf(
  service: Service,
  visitor: Visitor,
  found: Endpoint,
  outcome: Attempt,
): Absence | undefined | 'unreached' {
  if (outcome.result === 'answered') {
    found.isLeftOut = false;
    return undefined;
  }
  service.metrics.countError(outcome.result);
  const isUnreached = outcome.result === 'unreached';
  report(service.log, found, outcome.error, isUnreached && !found.isLeftOut);
  if (!isUnreached) return { why: 'broken', app: appOf(service, visitor), detail: messageOf(outcome.error) };
  found.isLeftOut = true;
  service.probes.watch(found);
  return 'unreached';
}

/** No instance is here. While the platform changes hands the next router may have one. */
async function askSuccessor(
  service: Service,
  visitor: Visitor,
  { attempt, client }: Attempting,
  absence: Absence,
): Promise<Absence | undefined> {
  visitor.app ??= appOf(service, visitor)?.app;
  const successor = await service.handover.successor(() => departureOf(client));
  if (successor === undefined) return absence;
  visitor.app = undefined; // the successor keeps the log of this visit
  const outcome = await attempt(successor, false);
  return outcome.result === 'answered' || client.destroyed ? undefined : absence;
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

function countRefusal({ traffic, metrics }: Service): void {
  traffic.countBad(performance.now());
  metrics.countError('not acceptable');
}

async function pageOf(
  { bus, directory, metrics, notFoundRedirect }: Service,
  visitor: Visitor,
  absence: Absence,
): Promise<Page> {
  metrics.countError(`app ${absence.why}`);
  const hasFailed = absence.why === 'crashed' || absence.why === 'unreachable' || absence.why === 'broken';
  const lines = hasFailed && absence.app !== undefined ? await lastWords(bus, absence.app.app) : [];
  const { destination, requestId } = visitor;
  const facts = { host: destination.host, requestId, apps: directory.states.all(), lines };
  const isNobody = absence.why === 'unknown' || absence.why === 'stopped';
  return isNobody && notFoundRedirect !== undefined ? redirectPage(notFoundRedirect, facts) : pageFor(absence, facts);
}

/** Where the app cannot be reached although it runs, the next try would end like this one. */
function scriptFor({ liveReload }: Service, { destination }: Visitor, { why }: Absence): string | undefined {
  return liveReload.tagFor(destination, why !== 'unreachable' && why !== 'broken');
}

function record({ accessLog, accessFile, traffic, metrics }: Service, visitor: Visitor, status: number): void {
  if (visitor.hasPage) traffic.countBad(performance.now());
  else traffic.count(visitor.passage(status), performance.now());
  metrics.count(visitor.passage(status));
  if (visitor.app === undefined && accessFile === undefined) return;
  const visit = visitor.visit(status);
  accessLog.add(visit);
  accessFile?.add(visit);
}
