import type { Scope } from '../../support/spec.ts';
import {
  appResource,
  dropletResource,
  logAnswer,
  pageOf,
  processResource,
  type RecordedAnswer,
  type RecordedApi,
  recordedApi,
  statsResource,
} from '../recorded-api.ts';

export const app = '/v3/apps/guid-of-hello';

/** An app whose instances go through these states, one look after the other; the last stays. */
export function helloThat(
  scope: Scope,
  states: readonly (readonly object[])[],
  more: Parameters<typeof recordedApi>[1] = {},
): Promise<RecordedApi> {
  const rest = [...states];
  const stats = (): RecordedAnswer => ({ body: { resources: (rest.length > 1 ? rest.shift() : rest[0]) ?? [] } });
  return recordedApi(scope, {
    'GET /v3/apps': pageOf([appResource('hello')]),
    [`GET ${app}`]: { body: appResource('hello') },
    [`GET ${app}/processes`]: pageOf([processResource('hello')]),
    'GET /v3/processes/guid-of-hello/stats': stats,
    [`GET ${app}/routes`]: pageOf([]),
    [`GET ${app}/droplets/current`]: { body: dropletResource() },
    'GET /api/v1/read/guid-of-hello': logAnswer([]),
    'GET /v3/audit_events': pageOf([]),
    [`POST ${app}/actions/start`]: { body: appResource('hello') },
    [`POST ${app}/actions/restart`]: { body: appResource('hello') },
    [`POST ${app}/actions/stop`]: { body: appResource('hello', 'STOPPED') },
    [`POST ${app}/processes/web/actions/scale`]: { status: 202, body: processResource('hello') },
    ...more,
  });
}

export const starting = statsResource(0, 'STARTING');
export const running = statsResource(0, 'RUNNING');
