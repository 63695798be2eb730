import { webOf } from '../changes/app.ts';
import type { AppRecord, RouteRecord } from '../records.ts';
import { uriOf } from '../uris.ts';

/** An app's entry in a manifest that would make it again. */
export function manifestOf(app: AppRecord, routes: readonly RouteRecord[]): Record<string, unknown> {
  const { command, instances, memoryMb, diskMb, healthCheck } = webOf(app);
  const { buildpacks } = app.lifecycle;
  return {
    name: app.name,
    ...(buildpacks.length === 0 ? {} : { buildpacks: [...buildpacks] }),
    ...(Object.keys(app.environment).length === 0 ? {} : { env: { ...app.environment } }),
    ...(routes.length === 0 ? { 'no-route': true } : { routes: routes.map((route) => ({ route: uriOf(route) })) }),
    processes: [
      {
        type: 'web',
        ...(command === null ? {} : { command }),
        instances,
        memory: `${memoryMb}M`,
        'disk-quota': `${diskMb}M`,
        'health-check-type': healthCheck.type,
        ...(healthCheck.endpoint === null ? {} : { 'health-check-http-endpoint': healthCheck.endpoint }),
        ...(healthCheck.timeoutSeconds === null ? {} : { timeout: healthCheck.timeoutSeconds }),
      },
    ],
  };
}
