import { V1Error } from '#contract/api/v1.ts';
import { deaFindDroplet, type FoundInstance } from '#contract/dea.ts';
import { messageOf } from '#ground/errors.ts';
import { call, type HttpAnswer } from '#ground/http-client.ts';
import type { HttpReply, HttpRequest, Routes } from '#ground/http-server.ts';
import type { AppRecord } from '../records.ts';
import { param } from '../routes/find.ts';
import { appIn, type V1Context } from './v1-context.ts';

/** How long DEAs may take to find an instance. */
const findLimitMs = 2_000;
const stagingLog = 'logs/staging.log';
const passedOn = ['content-type', 'content-length', 'content-range', 'accept-ranges'] as const;

/** Files of instances, read through the DEA that has them. The client encodes the whole path, slashes too. */
export function v1FileRoutes(routes: Routes, context: V1Context): void {
  const answer = context.door.guarded((request) => fileReply(context, request));
  const path = '/apps/:name/instances/:instance/files';
  routes.on('GET', path, answer).on('GET', `${path}/*`, answer);
}

async function fileReply(context: V1Context, request: HttpRequest): Promise<HttpReply> {
  const app = appIn(context, request);
  const path = param(request, '*').replace(/^\/+/, '');
  if (path === stagingLog) return stagingLogReply(context, app);
  if (path.split('/').some((part) => part === '.' || part === '..')) throw noFile(path);
  const found = await findInstance(context, app, param(request, 'instance'));
  return replyOf(await fetchFile(app, found, { path, range: request.headers.range }), path);
}

async function fetchFile(
  { name }: AppRecord,
  { file_uri: address, staged, credentials }: FoundInstance,
  { path, range }: { path: string; range: string | undefined },
): Promise<HttpAnswer> {
  if (!address || !staged) {
    throw new V1Error('fileError', `The files of '${name}' cannot be read: its DEA serves none.`);
  }
  const [user = '', password = ''] = credentials ?? [];
  const authorization = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
  const headers = { authorization, ...(range === undefined ? {} : { range }) };
  try {
    return await call(addressOf(address, staged, path), { headers });
  } catch (cause) {
    throw new V1Error('fileError', `The file '${path}' cannot be read: ${messageOf(cause)}.`, { cause });
  }
}

function addressOf(address: string, staged: string, path: string): string {
  const parts = [staged, ...path.split('/').filter((part) => part !== '')];
  const directory = path.endsWith('/') ? '/' : '';
  return `${address.replace(/\/+$/, '')}/${parts.map(encodeURIComponent).join('/')}${directory}`;
}

async function stagingLogReply({ api }: V1Context, app: AppRecord): Promise<HttpReply> {
  const text = await api.operations.taskLogOf(app);
  if (text === undefined) throw new V1Error('fileNotFound', `The app '${app.name}' has not been staged yet.`);
  return { status: 200, headers: { 'content-type': 'text/plain; charset=utf-8' }, body: text };
}

/** By index, among those that run; or by the id of any instance, also of a crashed one. @throws V1Error 304, 305 */
async function findInstance({ bus }: V1Context, app: AppRecord, wanted: string): Promise<FoundInstance> {
  const isIndex = /^\d{1,5}$/.test(wanted);
  if (isIndex && app.state === 'STOPPED') throw new V1Error('appStopped', `The app '${app.name}' is stopped.`);
  const filter = isIndex
    ? { indices: [Number(wanted)], states: ['STARTING', 'RUNNING'] }
    : { instances: [wanted], instance_ids: [wanted], states: ['STARTING', 'RUNNING', 'CRASHED'] };
  const request = { droplet: app.guid, ...filter };
  const [found] = await bus.askMany(deaFindDroplet, request, { limitMs: findLimitMs, expected: 1 });
  if (found !== undefined) return found;
  throw new V1Error('instanceNotFound', `There is no instance '${wanted}' of '${app.name}'.`);
}

function replyOf(answered: HttpAnswer, path: string): HttpReply {
  const { status, headers, stream } = answered;
  if (status === 200 || status === 206) {
    const told = passedOn.flatMap((name) => (headers[name] === undefined ? [] : [[name, headers[name]]]));
    return { status, headers: Object.fromEntries(told), body: stream };
  }
  answered.discard();
  if (status === 404) throw noFile(path);
  throw new V1Error('fileError', `The file '${path}' cannot be read: its DEA answers ${status}.`);
}

function noFile(path: string): V1Error {
  return new V1Error('fileNotFound', `There is no file '${path}'.`);
}
