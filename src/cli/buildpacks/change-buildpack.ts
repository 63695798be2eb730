import * as v from 'valibot';
import { App, Buildpack } from '#contract/api/resources.ts';
import type { ApiClient } from '../api-client.ts';
import type { Cli } from '../cli.ts';
import { confirm } from '../confirm.ts';
import { awaitJob } from '../job.ts';
import { buildpackViewOf, printBuildpacks } from './buildpack-view.ts';
import { allBuildpacks, findBuildpack, lookUpBuildpack } from './find-buildpack.ts';

interface Removal {
  readonly name: string;
  readonly force: boolean;
  readonly json: boolean;
}

/** That there is no such buildpack is fine: it is what was asked for. */
export async function removeBuildpack(cli: Cli, api: ApiClient, { name, force, json }: Removal): Promise<void> {
  const found = await lookUpBuildpack(api, name);
  const tell = (removed: boolean, sentence: string) => {
    if (json) cli.out.json({ removed, name });
    else cli.out.line(sentence);
  };
  if (found === undefined) return tell(false, `There is no buildpack named '${name}'.`);
  const users = await appsThatName(api, name);
  if (!force && !(await confirm(cli, `Remove the buildpack ${name}?`, 'remove it without being asked'))) {
    return tell(false, `${name} was not removed.`);
  }
  await awaitJob(cli, api, await api.exchange(`/v3/buildpacks/${found.guid}`, { method: 'DELETE' }));
  tell(true, `${name} is removed.`);
  if (users.length === 0) return;
  cli.progress.warn(`${users.join(', ')} cannot be staged again without it; \`push -b default\` detects what to use.`);
}

async function appsThatName(api: ApiClient, name: string): Promise<string[]> {
  const apps = await api.list('/v3/apps?order_by=name&per_page=5000', App);
  return apps
    .filter(({ lifecycle }) => v.is(Naming, lifecycle.data) && lifecycle.data.buildpacks.includes(name))
    .map((app) => app.name);
}

const Naming = v.looseObject({ buildpacks: v.array(v.string()) });

/** @param words a name and a position, or names from the first position on */
export async function orderBuildpacks(
  cli: Cli,
  api: ApiClient,
  { words, json }: { readonly words: readonly string[]; readonly json: boolean },
): Promise<void> {
  const [name = '', position = ''] = words;
  if (words.length === 2 && /^[1-9]\d{0,8}$/.test(position)) {
    await change(api, (await findBuildpack(api, name)).guid, { position: Number(position) });
  } else {
    // All are looked for before one is moved.
    const guids: string[] = [];
    for (const each of words) guids.push((await findBuildpack(api, each)).guid);
    for (const [at, guid] of guids.entries()) await change(api, guid, { position: at + 1 });
  }
  const views = (await allBuildpacks(api)).map(buildpackViewOf);
  if (json) cli.out.json(views);
  else printBuildpacks(cli, views);
}

export async function changeEnabled(
  cli: Cli,
  api: ApiClient,
  { name, enabled, json }: { readonly name: string; readonly enabled: boolean; readonly json: boolean },
): Promise<void> {
  const changed = await change(api, (await findBuildpack(api, name)).guid, { enabled });
  if (json) return cli.out.json(buildpackViewOf(changed));
  cli.out.line(
    enabled
      ? `${name} is enabled.`
      : `${name} is disabled: no app is staged with it until \`localpaas buildpacks enable ${name}\`.`,
  );
}

export async function renameBuildpack(
  cli: Cli,
  api: ApiClient,
  { name, newName, json }: { readonly name: string; readonly newName: string; readonly json: boolean },
): Promise<void> {
  const changed = await change(api, (await findBuildpack(api, name)).guid, { name: newName });
  const users = await appsThatName(api, name);
  if (json) cli.out.json(buildpackViewOf(changed));
  else cli.out.line(`${name} is called ${newName} now.`);
  if (users.length === 0) return;
  cli.progress.warn(`${users.join(', ')} still ask for ${name}: \`localpaas push -b ${newName}\` tells them.`);
}

function change(api: ApiClient, guid: string, wish: object): Promise<Buildpack> {
  return api.patch(`/v3/buildpacks/${guid}`, wish, Buildpack);
}
