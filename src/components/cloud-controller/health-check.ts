import * as v from 'valibot';
import { ApiError } from '#contract/api/errors.ts';
import type { HealthCheck } from './records.ts';

/** A change of how a process shows that it is well. */
export const HealthCheckRequest = v.object({
  type: v.optional(v.picklist(['port', 'process', 'http'], 'must be port, process or http')),
  data: v.optional(
    v.object({
      timeout: v.nullish(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(3_600))),
      endpoint: v.nullish(v.string()),
    }),
  ),
});
export type HealthCheckRequest = v.InferOutput<typeof HealthCheckRequest>;

/** An endpoint belongs to the type `http` and goes when the type changes. @throws ApiError 422 */
export function changedHealthCheck(before: HealthCheck, wanted: HealthCheckRequest = {}): HealthCheck {
  const type = wanted.type ?? before.type;
  const { timeout, endpoint } = wanted.data ?? {};
  if (typeof endpoint === 'string') checkEndpoint(type, endpoint);
  const kept = type === 'http' ? (before.endpoint ?? '/') : null;
  return {
    type,
    timeoutSeconds: timeout === undefined ? before.timeoutSeconds : timeout,
    endpoint: type === 'http' ? (endpoint ?? kept) : null,
  };
}

function checkEndpoint(type: string, endpoint: string): void {
  if (type !== 'http') {
    throw new ApiError('CF-UnprocessableEntity', 'A health check endpoint is only used by health checks of type http.');
  }
  if (/^\/[^\s#]*$/.test(endpoint)) return;
  throw new ApiError(
    'CF-UnprocessableEntity',
    `Health check endpoint '${endpoint}' must be a path that begins with /.`,
  );
}
