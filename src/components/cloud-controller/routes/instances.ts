import type { HttpReply, HttpRequest, Routes } from '#ground/http-server.ts';
import type { Api } from '../api.ts';
import { findAppProcess, findProcess, notFound, param } from './find.ts';

type Find = typeof findProcess;

/** One instance of a process. */
export function instanceRoutes(routes: Routes, api: Api): void {
  const restart = (findIt: Find) => (request: HttpRequest) => restartInstance(api, findIt(api.store, request), request);
  routes.on('DELETE', '/v3/processes/:guid/instances/:index', restart(findProcess));
  routes.on('DELETE', '/v3/apps/:guid/processes/:type/instances/:index', restart(findAppProcess));
}

/** What is wanted stays as it is, so an instance that is deleted comes back. @throws ApiError 404 */
async function restartInstance(
  { events, operations }: Api,
  { app, process }: ReturnType<Find>,
  request: HttpRequest,
): Promise<HttpReply> {
  const text = param(request, 'index');
  const index = Number(text);
  if (!/^\d+$/.test(text) || index >= process.instances) throw notFound('Instance');
  const about = { process_type: process.type, process_index: index };
  events.record('audit.app.process.terminate_instance', { app }, about);
  await operations.restartInstance(app, process, index);
  return { status: 204 };
}
