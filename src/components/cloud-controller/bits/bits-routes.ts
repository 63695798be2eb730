import { open } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { ApiError } from '#contract/api/errors.ts';
import { ActionableError } from '#ground/errors.ts';
import type { HttpHandler, HttpReply, HttpRequest, Routes } from '#ground/http-server.ts';
import { type Credentials, shows } from '#vcap/credentials.ts';
import type { LayerBlobs } from '../layers/layer-blobs.ts';
import type { Store } from '../store.ts';
import type { Blobs, HeldBlob, IncomingBlob } from './blobs.ts';
import type { StagingTickets } from './staging-tickets.ts';

export interface BitsRoutesParts {
  readonly store: Store;
  readonly blobs: Blobs;
  readonly layerBlobs: LayerBlobs;
  readonly tickets: StagingTickets;
  /** What DEAs show to get a droplet. */
  readonly deaCredentials: Credentials;
  readonly maxDropletBytes: number;
}

/**
 * Where stagers and DEAs fetch and bring bits, under the paths of the 2012 cloud controller and under those of the
 * article; buildpacks, of which neither knew, under one of ours. Each staging task has credentials of its own, DEAs share one pair.
 */
export function addBitsRoutes(routes: Routes, parts: BitsRoutesParts): void {
  const download: HttpHandler = (request) => sendPackage(request, parts);
  const upload: HttpHandler = (request) => receiveDroplet(request, parts);
  routes.on('GET', '/staging/app/:id', download).on('GET', '/download_unstaged_app/:id', download);
  routes.on('POST', '/staging/droplet/:id/:upload', upload).on('POST', '/upload_droplet/:id/:upload', upload);
  routes.on('GET', '/staging/buildpack/:sha256', (request) => sendBuildpack(request, parts));
  routes.on('GET', '/staged_droplets/:id/:sha1', (request) => sendDroplet(request, parts));
  routes.on('GET', '/staged_layers/:id/:sha256', (request) => sendLayer(request, parts));
}

async function sendPackage({ params, headers }: HttpRequest, { blobs, tickets }: BitsRoutesParts): Promise<HttpReply> {
  const ticket = tickets.find(params['id'] ?? '', headers.authorization);
  if (ticket === undefined) return unauthorized();
  return send(blobs, ticket.sha256, 'application/zip');
}

async function sendBuildpack(
  { params, headers }: HttpRequest,
  { blobs, store, tickets }: BitsRoutesParts,
): Promise<HttpReply> {
  if (!tickets.allows(headers.authorization)) return unauthorized();
  const found = store.all('buildpack').find(({ sha256 }) => sha256 !== null && sha256 === params['sha256']);
  if (found?.sha256 == null) throw new ApiError('CF-ResourceNotFound', 'Buildpack not found');
  return send(blobs, found.sha256, 'application/zip');
}

async function receiveDroplet(request: HttpRequest, parts: BitsRoutesParts): Promise<HttpReply> {
  const { id: app = '', upload: uploadId = '' } = request.params;
  const { authorization } = request.headers;
  if (parts.tickets.find(app, authorization) === undefined) return unauthorized();
  const received = await parts.tickets.receive({ app, uploadId, authorization }, () => readDroplet(request, parts));
  if (received !== undefined) return { status: 200 };
  throw new ApiError('CF-NotFound', 'There is no such upload, or it is done already.');
}

async function sendDroplet(
  { params, headers }: HttpRequest,
  { blobs, store, deaCredentials }: BitsRoutesParts,
): Promise<HttpReply> {
  if (!shows(headers.authorization, deaCredentials)) return unauthorized();
  const { id, sha1 } = params;
  const droplet = store.all('droplet').find((each) => each.app === id && each.sha1 === sha1);
  if (droplet === undefined) throw new ApiError('CF-ResourceNotFound', 'Droplet not found');
  return send(blobs, droplet.sha256, 'application/octet-stream');
}

/** One that was just taken may have no record yet. */
async function sendLayer({ params, headers }: HttpRequest, parts: BitsRoutesParts): Promise<HttpReply> {
  const { blobs, layerBlobs, store, deaCredentials } = parts;
  if (!shows(headers.authorization, deaCredentials)) return unauthorized();
  const { id, sha256 = '' } = params;
  const isOf = (app: string) => store.all('droplet').some((each) => each.app === app && each.layer?.sha256 === sha256);
  if (!(await layerBlobs.isComing(sha256)) && !isOf(id ?? ''))
    throw new ApiError('CF-ResourceNotFound', 'Layer not found');
  return send(blobs, sha256, 'application/x-tar');
}

async function send(blobs: Blobs, sha256: string, type: string): Promise<HttpReply> {
  const size = await blobs.sizeOf(sha256);
  if (size === undefined) throw new ApiError('CF-ResourceNotFound', 'The bits are not stored here any more.');
  const headers = { 'content-type': type, 'content-length': String(size) };
  return { status: 200, headers, body: blobs.read(sha256) };
}

async function readDroplet({ raw }: HttpRequest, { blobs, maxDropletBytes }: BitsRoutesParts): Promise<HeldBlob> {
  const { readMultipart } = await import('#ground/multipart.ts');
  const received: { blob?: IncomingBlob } = {};
  const bring = async (content: Readable) => {
    received.blob = await blobs.take(content, 'the droplet', maxDropletBytes);
  };
  try {
    await readMultipart(raw, { files: { 'upload[droplet]': bring } });
    if (received.blob === undefined) throw notADroplet("has no part named 'upload[droplet]'");
    if (!(await isGzip(received.blob.path))) throw notADroplet('is no gzip file');
    return await received.blob.keep();
  } finally {
    await received.blob?.[Symbol.asyncDispose]();
  }
}

async function isGzip(path: string): Promise<boolean> {
  const file = await open(path, 'r');
  try {
    const { buffer } = await file.read(Buffer.alloc(2), 0, 2, 0);
    return buffer[0] === 0x1f && buffer[1] === 0x8b;
  } finally {
    await file.close();
  }
}

function notADroplet(why: string): ActionableError {
  return new ActionableError('BAD_INPUT', `The upload ${why}.`, 'Send the droplet as a gzipped tar.');
}

function unauthorized(): HttpReply {
  const { body } = new ApiError('CF-NotAuthenticated', 'Authentication error');
  return { status: 401, headers: { 'www-authenticate': 'Basic realm="localpaas"' }, body };
}
