import * as v from 'valibot';
import { V1Error, V1Resource } from '#contract/api/v1.ts';
import type { HttpReply, HttpRequest, Routes } from '#ground/http-server.ts';
import { createPackage } from '../changes/package.ts';
import { newestPackageOf } from '../package-state.ts';
import type { AppRecord } from '../records.ts';
import { readV1Json } from './v1-body.ts';
import { appIn, type V1Context } from './v1-context.ts';

const mostResources = 5_000;
const Resources = v.pipe(v.array(V1Resource), v.maxLength(mostResources, `must be at most ${mostResources} files`));

/** The source bits of apps: what need not be sent, what is sent, and what was sent. */
export function v1BitsRoutes(routes: Routes, context: V1Context): void {
  const { api, door } = context;
  const path = '/apps/:name/application';
  const receive = door.guarded((request) => upload(context, request));
  routes.on(
    'POST',
    '/resources',
    door.guarded((request) => match(context, request)),
  );
  routes.on('PUT', path, receive).on('POST', path, receive); // clients which cannot send PUT say so in `_method`
  routes.on(
    'GET',
    path,
    door.guarded((request) => {
      const bits = newestPackageOf(api.store, appIn(context, request));
      if (bits === undefined) throw new V1Error('noResources', 'Nothing has been uploaded for this app yet.');
      const headers = { 'content-type': 'application/zip', 'content-length': String(bits.sizeBytes) };
      return { status: 200, headers, body: api.operations.packageStream(bits) };
    }),
  );
}

async function match({ api }: V1Context, request: HttpRequest): Promise<HttpReply> {
  const asked = await readV1Json(request, Resources);
  const named = asked.map((file) => ({ checksum: { value: file.sha1 }, size_in_bytes: file.size, file }));
  const held = new Set(await api.operations.matchResources(named));
  return { status: 200, body: named.filter((each) => held.has(each)).map(({ file }) => file) };
}

async function upload(context: V1Context, request: HttpRequest): Promise<HttpReply> {
  const { api } = context;
  const app = appIn(context, request);
  const before = newestPackageOf(api.store, app);
  const { guid } = await receive(context, app, request);
  const { sha256 } = api.store.get('package', guid) ?? {};
  // The same bits once more need not be staged once more.
  if (before !== undefined && before.sha256 === sha256) await api.store.delete('package', guid);
  else api.events.record('audit.app.upload-bits', { app }, { package_guid: guid });
  return { status: 200 };
}

/** Nothing is left of an upload that is refused. */
async function receive({ api }: V1Context, app: AppRecord, request: HttpRequest) {
  const record = await createPackage(api.store, app.guid);
  try {
    return await api.operations.uploadPackage(record, request, 'v1');
  } catch (error) {
    await api.store.delete('package', record.guid);
    throw error;
  }
}
