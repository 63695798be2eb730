import { createHash, randomUUID } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import * as v from 'valibot';
import { replyForError } from '#components/cloud-controller/api-errors.ts';
import { EventLog } from '#components/cloud-controller/events.ts';
import type { Operations } from '#components/cloud-controller/operations.ts';
import { CloudControllerOptions } from '#components/cloud-controller/options.ts';
import type {
  AppRecord,
  BuildRecord,
  DropletRecord,
  PackageRecord,
  RouteRecord,
} from '#components/cloud-controller/records.ts';
import { startOperations } from '#components/cloud-controller/start-operations.ts';
import { Store } from '#components/cloud-controller/store.ts';
import type { Bus, BusAddress } from '#ground/bus.ts';
import { call, type HttpAnswer } from '#ground/http-client.ts';
import { Routes, startHttpServer } from '#ground/http-server.ts';
import { type Log, silentLog } from '#ground/log.ts';
import { type ZipMember, zipOf } from '#ground/zip.ts';
import { connectBus, startBus } from '../../support/bus.ts';
import { scratchDirectory } from '../../support/scratch.ts';
import type { Scope } from '../../support/spec.ts';
import { appRecord } from './records.ts';

export interface TestOperations {
  readonly operations: Operations;
  readonly store: Store;
  readonly events: EventLog;
  /** The test's own connection, to play stagers, DEAs and health managers with. */
  readonly bus: Bus;
  /** `http://127.0.0.1:1234` */
  readonly address: string;
  readonly dataDir: string;
  /** Resolves when the cloud controller has got everything the test published, and the test what that one published. */
  readonly settled: () => Promise<void>;
}

/** Short, so that no test waits for what does not come. */
const quick = { stagerSearchSeconds: 1, poolDelaySeconds: 0.01, discoverSeconds: 1, roomSeconds: 2 };

export interface TestOptions {
  readonly options?: v.InferInput<typeof CloudControllerOptions>;
  /** Of a run before this one. */
  readonly dataDir?: string;
  /** Whether the store was just filled from a snapshot. */
  readonly isRestored?: boolean;
  readonly log?: Log;
  readonly bus?: { readonly bus: Bus; readonly address: BusAddress };
}

/** The operations on a real bus, with a server for the bits; uploads for a package go to `POST /upload/:guid`. */
export async function startTestOperations(scope: Scope, given: TestOptions = {}): Promise<TestOperations> {
  const { bus, address: busAddress } = given.bus ?? (await startBus(scope));
  const own = await connectBus(scope, busAddress);
  const store = scope.use(await Store.open(own, silentLog));
  const events = scope.use(await EventLog.open(own, silentLog, { guid: 'admin', type: 'user', name: 'admin' }));
  const dataDir = given.dataDir ?? (await scratchDirectory(scope));
  const options = v.parse(CloudControllerOptions, { ...quick, ...given.options });
  const { log = silentLog, isRestored = false } = given;
  const signal = new AbortController().signal;
  let address = '';
  const ownAddress = () => address;
  const operations = scope.use(
    await startOperations({ bus: own, log, dataDir, signal, store, isRestored, events, options, ownAddress }),
  );
  const routes = new Routes();
  operations.registerBitsRoutes(routes);
  routes.on('POST', '/upload/:guid', async (request) => {
    const record = store.get('package', request.params['guid'] ?? '');
    if (record === undefined) return { status: 404 };
    return { status: 200, body: await operations.uploadPackage(record, request) };
  });
  const server = scope.use(
    await startHttpServer({
      host: '127.0.0.1',
      port: 0,
      who: 'The test',
      routes,
      notFound: () => ({ status: 404 }),
      failed: (error, request) => replyForError(error, request, silentLog),
    }),
  );
  address = `http://127.0.0.1:${server.port}`;
  operations.listening();
  const settled = async () => {
    await bus.flush();
    await own.flush();
    await bus.flush();
  };
  await settled();
  return { operations, store, events, bus, address, dataDir, settled };
}

const stamp = () => {
  const now = new Date().toISOString();
  return { guid: randomUUID(), createdAt: now, updatedAt: now };
};

export function createApp(store: Store, given: Partial<AppRecord> = {}): Promise<AppRecord> {
  return store.create('app', appRecord(given));
}

export function createPackage(
  store: Store,
  app: AppRecord,
  given: Partial<PackageRecord> = {},
): Promise<PackageRecord> {
  const fresh = { ...stamp(), app: app.guid, error: null, sha256: null, sizeBytes: 0 };
  return store.create('package', { ...fresh, state: 'AWAITING_UPLOAD', ...given });
}

export function createBuild(store: Store, bits: PackageRecord, given: Partial<BuildRecord> = {}): Promise<BuildRecord> {
  const fresh = { ...stamp(), app: bits.app, package: bits.guid, error: null, droplet: null };
  return store.create('build', { ...fresh, state: 'STAGING', ...given });
}

export function createDroplet(
  store: Store,
  app: AppRecord,
  given: Partial<DropletRecord> = {},
): Promise<DropletRecord> {
  const fresh = {
    ...stamp(),
    app: app.guid,
    package: null,
    sha256: createHash('sha256').update(app.guid).digest('hex'),
    sha1: createHash('sha1').update(app.guid).digest('hex'),
    sizeBytes: 10,
    framework: 'sinatra',
    runtime: 'ruby',
    startCommand: 'ruby app.rb',
  };
  return store.create('droplet', { ...fresh, state: 'STAGED', ...given });
}

export function createRoute(store: Store, app: AppRecord, given: Partial<RouteRecord> = {}): Promise<RouteRecord> {
  const destinations = [{ guid: randomUUID(), app: app.guid, processType: 'web' }];
  return store.create('route', { ...stamp(), host: app.name, domain: 'localhost', path: '', destinations, ...given });
}

/** A zip of these files, by name. */
/** The same files are the same bytes at any time. */
export function zipWith(files: Readonly<Record<string, string>>): Promise<Buffer> {
  const modifiedAt = new Date('2030-01-01T00:00:00Z');
  const members = Object.entries(files).map(
    ([path, text]): ZipMember => ({ path, kind: 'file', modifiedAt, open: () => Readable.from([Buffer.from(text)]) }),
  );
  return buffer(zipOf(members));
}

export interface Part {
  readonly name: string;
  readonly content: string | Uint8Array;
  readonly filename?: string;
}

/** The body and header of a multipart request. */
export function multipartOf(parts: readonly Part[]): { headers: Record<string, string>; body: Buffer } {
  const boundary = `test-${randomUUID()}`;
  const chunks = parts.flatMap(({ name, content, filename }) => {
    const file = filename === undefined ? '' : `; filename="${filename}"\r\nContent-Type: application/octet-stream`;
    const head = `--${boundary}\r\nContent-Disposition: form-data; name="${name}"${file}\r\n\r\n`;
    return [Buffer.from(head), Buffer.from(content), Buffer.from('\r\n')];
  });
  const body = Buffer.concat([...chunks, Buffer.from(`--${boundary}--\r\n`)]);
  return { headers: { 'content-type': `multipart/form-data; boundary=${boundary}` }, body };
}

/** Uploads bits and known files as the command line does: known files first, no bits when all is known. */
export function upload(
  { address }: Pick<TestOperations, 'address'>,
  { guid }: Pick<PackageRecord, 'guid'>,
  { bits, resources = [] }: { bits?: Uint8Array; resources?: unknown },
): Promise<HttpAnswer> {
  const known = { name: 'resources', content: JSON.stringify(resources) };
  const sent = bits === undefined ? [] : [{ name: 'bits', content: bits, filename: 'package.zip' }];
  return call(`${address}/upload/${guid}`, { method: 'POST', ...multipartOf([known, ...sent]) });
}

/** Every file below a directory, relative and sorted; none when there is no directory. */
export async function filesBelow(directory: string): Promise<string[]> {
  const found = await readdir(directory, { recursive: true, withFileTypes: true });
  const files = found.filter((entry) => entry.isFile());
  return files.map((entry) => join(entry.path, entry.name).slice(directory.length + 1)).sort();
}
