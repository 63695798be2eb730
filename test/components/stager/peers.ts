import { readdirSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import * as v from 'valibot';
import { StagerOptions, stager } from '#components/stager/index.ts';
import { type StagingReply, type StagingRequest, staging } from '#contract/staging.ts';
import type { Bus, BusAddress } from '#ground/bus.ts';
import type { Running } from '#ground/component.ts';
import { createLog, type LogEntry } from '#ground/log.ts';
import { readMultipart } from '#ground/multipart.ts';
import { listen } from '#ground/ports.ts';
import { waitFor } from '#ground/wait.ts';
import { connectBus, startBus } from '../../support/bus.ts';
import { scratchDirectory } from '../../support/scratch.ts';
import type { Scope } from '../../support/spec.ts';
import { propertiesOf } from '../../workload/lifecycle/apps.ts';

export interface StagerUnderTest {
  readonly bus: Bus;
  readonly address: BusAddress;
  readonly running: Running;
  readonly entries: LogEntry[];
  readonly dataDir: string;
  /** The workspaces there are now. */
  readonly workspaces: () => string[];
}

export async function startStager(
  scope: Scope,
  options: v.InferInput<typeof StagerOptions> = {},
  place: { dataDir?: string; address?: BusAddress } = {},
): Promise<StagerUnderTest> {
  const address = place.address ?? (await startBus(scope)).address;
  const bus = await connectBus(scope, address);
  const dataDir = place.dataDir ?? (await scratchDirectory(scope));
  const entries: LogEntry[] = [];
  const context = {
    bus: await connectBus(scope, address),
    log: createLog((entry) => entries.push(entry)),
    dataDir,
    signal: new AbortController().signal,
  };
  const running = scope.use(await stager.start(context, v.parse(StagerOptions, options)));
  const workspaces = () => readdirSync(options.tmpDir ?? join(dataDir, 'tmp'));
  return { bus, address, running, entries, dataDir, workspaces };
}

/** Resolves when no workspace is left. */
export async function allRemoved({ workspaces }: StagerUnderTest): Promise<void> {
  await waitFor('the removal of the workspaces', () => workspaces().length === 0 || undefined, { limitMs: 15_000 });
}

interface Upload {
  readonly headers: IncomingMessage['headers'];
  readonly droplet: Buffer;
}

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

export interface PlayedCloudController {
  readonly address: string;
  readonly downloads: IncomingMessage[];
  readonly uploads: Upload[];
}

/** The HTTP side of a cloud controller: gives `zip` on GET and takes droplets on POST, unless told otherwise. */
export async function playCloudController(
  scope: Scope,
  zip: Buffer,
  { download, upload }: { download?: Answer; upload?: Answer } = {},
): Promise<PlayedCloudController> {
  const downloads: IncomingMessage[] = [];
  const uploads: Upload[] = [];
  const give: Answer = (_, response) => void response.end(zip);
  const take: Answer = (request, response) => {
    let droplet = Buffer.alloc(0);
    const keep = async (content: Readable) => {
      droplet = Buffer.from(await buffer(content));
    };
    void readMultipart(request, { files: { 'upload[droplet]': keep } }).then(
      () => {
        uploads.push({ headers: request.headers, droplet });
        response.end('stored');
      },
      (error: unknown) => response.writeHead(400).end(String(error)),
    );
  };
  const server = createServer((request, response) => {
    if (request.method === 'GET') {
      downloads.push(request);
      (download ?? give)(request, response);
    } else (upload ?? take)(request, response);
  });
  const port = await listen(server, { host: '127.0.0.1', port: 0, who: 'The cloud controller' });
  scope.defer(() => {
    server.closeAllConnections();
    server.close();
  });
  return { address: `http://127.0.0.1:${port}`, downloads, uploads };
}

export function requestFor(
  { address }: Pick<PlayedCloudController, 'address'>,
  properties: Partial<StagingRequest['properties']> = { framework_info: { name: 'auto' } },
): StagingRequest {
  return {
    app_id: 'my-app',
    download_uri: `${address}/download_unstaged_app/my-app`,
    upload_uri: `${address}/upload_droplet/my-app/1`,
    properties: propertiesOf(properties),
  };
}

export function askToStage(bus: Bus, request: StagingRequest, limitMs = 15_000): Promise<StagingReply> {
  return bus.ask(staging, request, { limitMs });
}

/** The log without the times, which each line must have. */
export function linesOf({ task_log }: StagingReply): string[] {
  const lines = task_log.split('\n').slice(0, -1);
  return lines.map((line) => line.replace(/^\[\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\] /, ''));
}
