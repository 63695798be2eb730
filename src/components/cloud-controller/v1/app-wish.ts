import { ApiError } from '#contract/api/errors.ts';
import { type V1AppRequest, V1Error } from '#contract/api/v1.ts';
import { webOf, withProcess } from '../changes/app.ts';
import { withChosen } from '../chosen-technology.ts';
import { changedEnvironment } from '../environment.ts';
import { maxInstances } from '../limits.ts';
import { checkAppName } from '../names.ts';
import type { AppRecord } from '../records.ts';
import type { Store } from '../store.ts';
import { type Catalog, standalone } from './catalog.ts';
import { stagingOf } from './v1-app.ts';

export interface Surroundings {
  readonly store: Store;
  readonly catalog: Catalog;
}

/** The app as the request wants it; what the request leaves out stays as it is. @throws V1Error 300, 307 to 309, 503 */
export function wishedApp(surroundings: Surroundings, app: AppRecord, request: V1AppRequest): AppRecord {
  checkSupported(request);
  const { name, env } = request;
  if (typeof name === 'string' && name !== app.name) checkAppName(name);
  const next = withStaging(surroundings, withSizes({ ...app, name: name ?? app.name }, request), request);
  return env === undefined || env === null ? next : { ...next, environment: environmentOf(env) };
}

function checkSupported({ debug, services }: V1AppRequest): void {
  if (debug) throw new V1Error('debugDisallowed', `The debug mode '${debug}' is not allowed here: leave it out.`);
  if (services?.length) {
    throw new V1Error('serviceNotFound', 'There are no services here: put what the app needs into its environment.');
  }
}

function withSizes(app: AppRecord, { instances, resources }: V1AppRequest): AppRecord {
  if ((instances ?? 0) > maxInstances) {
    throw new V1Error('appInvalid', `An app may have at most ${maxInstances} instances.`);
  }
  return withProcess(app, 'web', (web) => ({
    ...web,
    instances: instances ?? web.instances,
    memoryMb: resources?.memory ?? web.memoryMb,
    diskMb: resources?.disk ?? web.diskMb,
  }));
}

/** Clients send back what they were told: that is no choice. */
function withStaging({ store, catalog }: Surroundings, app: AppRecord, { staging, meta }: V1AppRequest): AppRecord {
  const now = stagingOf({ store }, app, catalog);
  const model = changed(staging?.framework ?? staging?.model, now.model);
  const runtime = changed(staging?.runtime ?? staging?.stack, now.stack);
  if (model !== undefined) catalog.checkFramework(model);
  const framework = model ?? (now.model === 'auto' ? undefined : now.model);
  if (runtime !== undefined) catalog.checkRuntime(runtime, framework);
  const command = staging?.command ?? meta?.command;
  const chosen = {
    ...app,
    lifecycle: model === undefined ? app.lifecycle : { ...app.lifecycle, buildpacks: [] },
    annotations: withChosen(app.annotations, { ...(model && { framework: model }), ...(runtime && { runtime }) }),
  };
  if (model === undefined && command === undefined) return chosen;
  return withProcess(chosen, 'web', (web) => ({ ...web, command: commandFor(framework, command ?? web.command) }));
}

/** Only standalone apps have a command of their own. */
function commandFor(framework: string | undefined, command: string | null): string | null {
  if (framework !== standalone) return null;
  if (command !== null && command.trim() !== '') return command;
  throw new V1Error('appInvalid', "A standalone app needs a start command: say it in 'staging.command'.");
}

function changed(wanted: string | null | undefined, now: string): string | undefined {
  return wanted === undefined || wanted === null || wanted === '' || wanted === now ? undefined : wanted;
}

function environmentOf(entries: readonly string[]): Record<string, string> {
  const pairs = entries.map((entry): [string, string] => {
    const at = entry.indexOf('=');
    if (at < 1) throw new V1Error('appInvalid', `The environment entry '${entry}' is no NAME=value.`);
    return [entry.slice(0, at), entry.slice(at + 1)];
  });
  try {
    return changedEnvironment({}, Object.fromEntries(pairs));
  } catch (error) {
    throw error instanceof ApiError ? new V1Error('appInvalid', error.message, { cause: error }) : error;
  }
}

/** Whether the number of instances is another one. */
export function isRescaled(before: AppRecord, after: AppRecord): boolean {
  return webOf(before).instances !== webOf(after).instances;
}
