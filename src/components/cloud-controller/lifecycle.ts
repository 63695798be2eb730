import * as v from 'valibot';
import { ApiError } from '#contract/api/errors.ts';
import { hostStack } from './views/app.ts';

/** How an app wants to be staged, as the API says it. */
export const LifecycleRequest = v.object({
  type: v.optional(v.string()),
  data: v.optional(v.object({ buildpacks: v.nullish(v.array(v.string())), stack: v.nullish(v.string()) })),
});
export type LifecycleRequest = v.InferOutput<typeof LifecycleRequest>;

/** Names under which other platforms keep the buildpacks for what is detected here anyway. */
const systemBuildpack = /^[a-z]+_buildpack$/;
/** A framework of 2012, which the stager may know. */
const framework = /^[a-z0-9_]+$/;

/** Apps are staged by what is found in them, on the machine itself. @throws ApiError 422 for everything else */
export function checkLifecycle(wanted: LifecycleRequest | undefined): void {
  const type = wanted?.type ?? 'buildpack';
  if (type === 'docker') throw refused('Docker images are not supported: push the source of the app.');
  if (type !== 'buildpack') throw refused(`The lifecycle '${type}' is not supported: leave it out.`);
  checkBuildpacks(wanted?.data?.buildpacks ?? []);
  checkStack(wanted?.data?.stack ?? null);
}

/** @returns what to tell the user @throws ApiError 422 */
export function checkBuildpacks(buildpacks: readonly string[]): string[] {
  const [name, ...others] = buildpacks;
  if (name === undefined) return [];
  if (others.length > 0) throw refused('Several buildpacks for one app are not supported yet: leave them out.');
  if (systemBuildpack.test(name)) return [`there is no '${name}' here: what the app is made with is detected.`];
  if (framework.test(name)) return [];
  throw refused(`The buildpack '${name}' cannot be used yet: leave it out, and what the app is made with is detected.`);
}

/** @throws ApiError 422 */
export function checkStack(stack: string | null): void {
  if (stack === null || stack === hostStack) return;
  throw refused(`There is no stack '${stack}': apps run on the machine itself, the stack '${hostStack}'.`);
}

function refused(detail: string): ApiError {
  return new ApiError('CF-UnprocessableEntity', detail);
}
