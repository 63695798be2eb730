import { App } from '#contract/api/resources.ts';
import { ActionableError } from '#ground/errors.ts';
import type { ApiClient } from '../api-client.ts';
import { didYouMean } from '../similar.ts';

/** @throws ActionableError NOT_FOUND, with names that are nearly the same */
export async function findApp(api: ApiClient, name: string): Promise<App> {
  const app = await lookUpApp(api, name);
  if (app !== undefined) return app;
  const names = (await api.list('/v3/apps?order_by=name&per_page=5000', App)).map((each) => each.name);
  throw new ActionableError(
    'NOT_FOUND',
    `There is no app named '${name}'.`,
    names.length === 0
      ? 'There is no app at all yet: `localpaas push` in the folder of one makes it.'
      : `${didYouMean(name, names)}\`localpaas apps\` lists all apps.`,
  );
}

/** The app of this name, or `undefined`. */
export async function lookUpApp(api: ApiClient, name: string): Promise<App | undefined> {
  const found = await api.list(`/v3/apps?names=${encodeURIComponent(name)}`, App);
  return found.find((app) => app.name === name);
}
