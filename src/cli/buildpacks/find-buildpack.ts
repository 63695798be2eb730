import { Buildpack } from '#contract/api/resources.ts';
import { ActionableError } from '#ground/errors.ts';
import type { ApiClient } from '../api-client.ts';
import { didYouMean } from '../similar.ts';

/** All buildpacks, in the order in which they are asked. */
export function allBuildpacks(api: ApiClient): Promise<Buildpack[]> {
  return api.list('/v3/buildpacks?order_by=position&per_page=5000', Buildpack);
}

/** The buildpack of this name, or `undefined`. */
export async function lookUpBuildpack(api: ApiClient, name: string): Promise<Buildpack | undefined> {
  return (await allBuildpacks(api)).find((each) => each.name === name);
}

/** @throws ActionableError NOT_FOUND, with names that are nearly the same */
export async function findBuildpack(api: ApiClient, name: string): Promise<Buildpack> {
  const all = await allBuildpacks(api);
  const found = all.find((each) => each.name === name);
  if (found !== undefined) return found;
  const names = all.map((each) => each.name);
  throw new ActionableError(
    'NOT_FOUND',
    `There is no buildpack named '${name}'.`,
    `${didYouMean(name, names)}\`localpaas buildpacks\` lists them all.`,
  );
}
