import type { AppRecord, ProcessRecord, RouteRecord, SidecarRecord } from '../records.ts';
import { uriOf } from '../uris.ts';

/** An app's entry in a manifest that would make it again. */
export function manifestOf(app: AppRecord, routes: readonly RouteRecord[]): Record<string, unknown> {
  const { buildpacks } = app.lifecycle;
  const sidecars = (app.sidecars ?? []).filter(({ origin }) => origin === 'user').map(sidecarEntryOf);
  const metadata = { ...unlessEmpty('labels', app.labels), ...unlessEmpty('annotations', app.annotations) };
  return {
    name: app.name,
    ...(buildpacks.length === 0 ? {} : { buildpacks: [...buildpacks] }),
    ...unlessEmpty('env', app.environment),
    ...(routes.length === 0 ? { 'no-route': true } : { routes: routes.map((route) => ({ route: uriOf(route) })) }),
    ...unlessEmpty('metadata', metadata),
    processes: app.processes.map(entryOf),
    ...(sidecars.length === 0 ? {} : { sidecars }),
  };
}

function sidecarEntryOf({ name, processTypes, command, memoryMb }: SidecarRecord): Record<string, unknown> {
  const memory = memoryMb === null ? {} : { memory: `${memoryMb}M` };
  return { name, process_types: [...processTypes], command, ...memory };
}

function entryOf({ type, command, instances, memoryMb, diskMb, healthCheck }: ProcessRecord): Record<string, unknown> {
  return {
    type,
    ...(command === null ? {} : { command }),
    instances,
    memory: `${memoryMb}M`,
    'disk-quota': `${diskMb}M`,
    'health-check-type': healthCheck.type,
    ...(healthCheck.endpoint === null ? {} : { 'health-check-http-endpoint': healthCheck.endpoint }),
    ...(healthCheck.timeoutSeconds === null ? {} : { timeout: healthCheck.timeoutSeconds }),
  };
}

function unlessEmpty(key: string, values: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.keys(values).length === 0 ? {} : { [key]: { ...values } };
}
