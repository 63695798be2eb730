import * as v from 'valibot';
import { ApiError } from '#contract/api/errors.ts';
import type { Api } from './api.ts';
import { checkBuildpacks } from './bits/chosen-buildpacks.ts';
import { hostStack } from './views/app.ts';

/** How an app wants to be staged, as the API says it. */
export const LifecycleRequest = v.object({
  type: v.optional(v.string()),
  data: v.optional(v.object({ buildpacks: v.nullish(v.array(v.string())), stack: v.nullish(v.string()) })),
});
export type LifecycleRequest = v.InferOutput<typeof LifecycleRequest>;

/** @throws ApiError 422 for what cannot be done */
export async function checkLifecycle(api: Api, wanted: LifecycleRequest | undefined): Promise<void> {
  const type = wanted?.type ?? 'buildpack';
  if (type === 'docker') throw refused('Docker images are not supported: push the source of the app.');
  if (type !== 'buildpack') throw refused(`The lifecycle '${type}' is not supported: leave it out.`);
  await checkBuildpacks(api, wanted?.data?.buildpacks ?? []);
  checkStack(wanted?.data?.stack ?? null);
}

/** @throws ApiError 422 */
export function checkStack(stack: string | null): void {
  if (stack === null || stack === hostStack) return;
  throw refused(`There is no stack '${stack}': apps run on the machine itself, the stack '${hostStack}'.`);
}

function refused(detail: string): ApiError {
  return new ApiError('CF-UnprocessableEntity', detail);
}
