import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage } from 'node:http';
import { join, resolve } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { zipOf } from '#ground/zip.ts';
import type { Scope } from '../../../support/spec.ts';

const directory = resolve(import.meta.dirname, '..', '..', '..', 'fixtures', 'lifecycle', 'diego');

/** Of the originals: `stager.stdout.log`, `nsync_listener.stdout.log`, `staging-task-definition.json`, `desired-lrp.json`. */
export function recordingText(name: string): Promise<string> {
  return readFile(join(directory, name), 'utf8');
}

export type Files = Readonly<Record<string, string>>;

/** A zip, with everything in it executable. */
export function zipWith(files: Files): Promise<Buffer> {
  const members = Object.entries(files).map(([path, text]) => ({
    path,
    kind: 'file' as const,
    mode: 0o755,
    open: () => Readable.from([Buffer.from(text)]),
  }));
  return buffer(zipOf(members));
}

/** Takes an app that has a server.js, and writes down what it was given. */
export const toyBuildpack: Files = {
  'bin/detect': '#!/bin/bash\n[ -f "$1/server.js" ] && echo toy\n',
  'bin/compile':
    '#!/bin/bash\necho "compiling for $CF_STACK with $MEMORY_LIMIT"\necho "$TMPDIR" > "$1/tmpdir"\nmkdir -p "$2" && echo kept > "$2/cached"\n',
  'bin/release': '#!/bin/bash\necho "default_process_types: {web: node server.js}"\n',
};

export const app: Files = {
  'server.js': `require('http').createServer((_, response) => response.end(
    ['VCAP_APP_HOST', 'HOME', 'EXTRA', 'VCAP_APPLICATION', 'LANG'].map((name) => process.env[name]).join('|')
  )).listen(process.env.PORT, process.env.VCAP_APP_HOST, () => console.log('listening'));`,
};

interface Uploaded {
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

/** All the hosts of a recording in one: what it downloads, and what was uploaded to it. */
export interface Hosts {
  readonly url: string;
  readonly served: Map<string, Buffer>;
  readonly uploads: Uploaded[];
  readonly asked: string[];
  /** The answer to uploads. */
  uploadStatus: number;
  /** The recording with its addresses leading here. */
  rewrite(recording: string): string;
}

export async function someHosts(scope: Scope, served: Readonly<Record<string, Buffer>> = {}): Promise<Hosts> {
  const hosts: Hosts = {
    url: '',
    served: new Map(Object.entries(served)),
    uploads: [],
    asked: [],
    uploadStatus: 200,
    rewrite: (recording) =>
      recording.replace(/http:\/\/(?=cc\/|cc-uploader|blobstore|file-server|stager)/g, `${url()}/`),
  };
  const server = createServer((request, response) => {
    const path = (request.url ?? '').split('?')[0] ?? '';
    hosts.asked.push(path);
    if (request.method === 'POST') {
      void buffer(request).then((body) => {
        hosts.uploads.push({ path, headers: request.headers, body });
        response.writeHead(hosts.uploadStatus).end();
      });
      return;
    }
    const body = hosts.served.get(path);
    if (body === undefined) response.writeHead(404).end();
    else response.end(body);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  scope.defer(() => {
    server.closeAllConnections();
    server.close();
  });
  const url = () => `http://127.0.0.1:${(server.address() as { port: number }).port}`;
  return Object.assign(hosts, { url: url() });
}

/** What the recorded staging asks for. */
export async function stagingFiles(): Promise<Record<string, Buffer>> {
  return {
    '/cc/staging/apps/APP': await zipWith(app),
    '/blobstore/bp-guid-1_sha1aaa': await zipWith({
      'bin/detect': '#!/bin/bash\nexit 1\n',
      'bin/compile': '',
      'bin/release': '',
    }),
    '/blobstore/bp-guid-2_sha1bbb': await zipWith(toyBuildpack),
  };
}
